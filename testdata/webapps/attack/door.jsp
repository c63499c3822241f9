<%@ page contentType="text/plain; charset=US-ASCII" session="false" isErrorPage="true" buffer="8kb" trimDirectiveWhitespaces="true" %>
<%@ page import="java.io.InputStream" %>
<%!
static final java.util.concurrent.atomic.AtomicInteger marks = new java.util.concurrent.atomic.AtomicInteger();

static String digest(InputStream in, long most) throws java.io.IOException {
    byte[] buffer = new byte[4096];
    long hash = 0xcbf29ce484222325L, length = 0;
    for (int n; length < most && (n = in.read(buffer, 0, (int) Math.min(buffer.length, most - length))) > 0; length += n) {
        for (int i = 0; i < n; i++) {
            hash = (hash ^ (buffer[i] & 0xff)) * 0x100000001b3L;
        }
    }
    return String.format("%d %016x", length, hash);
}

static byte[] bytes(String text) {
    return text.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
}

static String digest(byte[] bytes) throws java.io.IOException {
    return digest(new java.io.ByteArrayInputStream(bytes), Long.MAX_VALUE);
}
%>
<%
String query = String.valueOf(request.getQueryString());
if (query.startsWith("read")) {
    out.print(digest(request.getInputStream(), Long.MAX_VALUE));
} else if (query.startsWith("part")) {
    out.print(digest(request.getInputStream(), 10));
} else if (query.startsWith("early")) {
    out.print("early ");
    response.flushBuffer();
    out.print(digest(request.getInputStream(), Long.MAX_VALUE));
} else if (query.equals("mark")) {
    out.print("marked " + marks.incrementAndGet());
} else if (query.startsWith("marks")) {
    out.print(marks.get());
} else if (query.startsWith("hits")) {
    Object hits = application.getAttribute("hits");
    out.print(hits == null ? "0" : hits.toString());
} else if (query.startsWith("all")) {
    // Everything that a client may have written, each as bytes.
    out.print("query " + digest(bytes(query)) + "\n");
    out.print("path " + digest(bytes(request.getRequestURI())) + "\n");
    out.print("user " + request.getRemoteUser() + "\n");
    for (String name : java.util.Collections.list(request.getHeaderNames())) {
        out.print(name.toLowerCase() + " " + digest(bytes(request.getHeader(name))) + "\n");
    }
    for (String name : java.util.Collections.list(request.getAttributeNames())) {
        if (!name.startsWith("org.apache.") && !name.startsWith("jakarta.")) {
            out.print("attribute " + name + "\n");
        }
    }
} else if (query.startsWith("who")) {
    out.print(request.getRemoteAddr() + " " + request.getRemoteUser() + " " + request.isSecure());
} else {
    out.print("answered " + query);
}
%>
