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
} else if (query.startsWith("who")) {
    out.print(request.getRemoteAddr() + " " + request.getRemoteUser() + " " + request.isSecure());
} else {
    out.print("answered " + query);
}
%>
