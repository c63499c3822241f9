<%@ page contentType="text/plain; charset=US-ASCII" session="false" isErrorPage="true" trimDirectiveWhitespaces="true" %>
<%@ page import="java.io.InputStream" %>
<%
InputStream in = request.getInputStream();
byte[] buffer = new byte[65536];
long hash = 0xcbf29ce484222325L, length = 0;
for (int n; (n = in.read(buffer)) > 0; length += n) {
    for (int i = 0; i < n; i++) {
        hash = (hash ^ (buffer[i] & 0xff)) * 0x100000001b3L;
    }
}
out.print(String.format("%s %d %016x", request.getMethod(), length, hash));
%>
