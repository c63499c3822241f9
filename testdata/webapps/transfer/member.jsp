<%@ page contentType="text/plain; charset=US-ASCII" session="false" trimDirectiveWhitespaces="true" %>
<%
Thread.sleep(Long.parseLong(request.getQueryString()));
%>member=<%= System.getProperty("member") %>
