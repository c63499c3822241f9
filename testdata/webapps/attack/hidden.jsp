<%@ page contentType="text/plain; charset=US-ASCII" session="false" trimDirectiveWhitespaces="true" %>
<%
synchronized (application) {
    Object hits = application.getAttribute("hits");
    application.setAttribute("hits", hits == null ? 1 : (Integer) hits + 1);
}
out.print("HIDDEN from " + request.getRemoteAddr());
%>
