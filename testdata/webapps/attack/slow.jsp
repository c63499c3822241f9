<%@ page contentType="text/plain; charset=US-ASCII" session="false" isErrorPage="true" trimDirectiveWhitespaces="true" %>
<%
if (request.getQueryString() != null) {
    Thread.sleep(Long.parseLong(request.getQueryString()));
}
out.print("slow " + request.getQueryString());
%>
