<%@ page session="false" isErrorPage="true" trimDirectiveWhitespaces="true" %>
<%@ page import="java.io.InputStream, java.io.OutputStream" %>
<%
response.setContentType("application/octet-stream");
out.clear();
InputStream in = request.getInputStream();
OutputStream stream = response.getOutputStream();
byte[] buffer = new byte[8192];
for (int n; (n = in.read(buffer)) > 0; ) {
    stream.write(buffer, 0, n);
}
stream.close();
if (true) return;
%>
