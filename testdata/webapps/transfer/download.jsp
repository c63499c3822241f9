<%@ page session="false" isErrorPage="true" trimDirectiveWhitespaces="true" %>
<%@ page import="java.io.OutputStream" %>
<%
long size = Long.parseLong(request.getParameter("size"));
response.setContentType("application/octet-stream");
if (request.getParameter("length") != null) {
    response.setContentLengthLong(size);
}
out.clear();
OutputStream stream = response.getOutputStream();
byte[] buffer = new byte[65536];
for (long at = 0; at < size; ) {
    int n = (int) Math.min(buffer.length, size - at);
    for (int i = 0; i < n; i++, at++) {
        buffer[i] = (byte) (at * 31 + (at >> 8));
    }
    stream.write(buffer, 0, n);
}
stream.close();
if (true) return;
%>
