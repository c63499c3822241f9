<%@ page contentType="text/plain; charset=US-ASCII" session="false" trimDirectiveWhitespaces="true" %>
member=<%= System.getProperty("member") %>
