//! What the short headings mean.

use super::{Html, Link};

const WORDS: [(&str, &str); 25] = [
    ("Name", "The worker's name"),
    ("Type", "The worker's type"),
    ("Route", "The suffix of session ids that stick to the worker"),
    ("Act", "Activation: ACT=active, DIS=disabled (only for its sessions), STP=stopped"),
    (
        "State",
        "OK; OK/IDLE=not used lately; OK/BUSY=no free connection; ERR=in error; ERR/REC=may be \
         tried; ERR/PRB=is being tried; ERR/FRC=tried because nothing else is left",
    ),
    ("D", "Distance: the lower is preferred"),
    ("F", "Load balancing factor"),
    ("M", "Load balancing multiplicity"),
    ("V", "Load balancing value"),
    ("Acc", "Requests"),
    ("Sess", "Requests without a session"),
    ("Err", "Failed requests"),
    ("CE", "Requests that failed because of the client"),
    ("RE", "Reply timeouts, fading with time"),
    ("Wr", "Bytes sent to the worker"),
    ("Rd", "Bytes received from the worker"),
    ("Busy", "Requests being served"),
    ("MaxBusy", "Requests being served, the most at once"),
    ("Con", "Connections that are open"),
    ("MaxCon", "Connections that are open, the most at once"),
    ("RR", "Route of the preferred stand-in"),
    ("Cd", "Cluster domain"),
    ("Rs", "Seconds until recovery is tried, at least/at most"),
    ("LR", "Seconds since the counters were reset"),
    ("LE", "Time of the last error; of a member, of the first in the present streak"),
];

impl Html<'_, '_> {
    pub(super) fn legend(&mut self) {
        if self.page.options.no_legend() {
            self.raw("<p>[");
            self.link(&Link::here().clear(4), "Show Legend");
            return self.raw("]</p>\n");
        }
        self.raw("<h2>Legend");
        self.hide_by(4);
        self.raw("</h2>\n<div class=\"t\"><table class=\"legend\"><tbody>\n");
        for (word, meaning) in WORDS {
            self.raw("<tr>");
            self.element("th", word);
            self.element("td", meaning);
            self.raw("</tr>\n");
        }
        self.raw("</tbody></table></div>\n");
    }
}
