use super::{Directive, Scope, Standing, Twice, Unit, Value};

use Unit::{Bytes, Count, Milliseconds, Seconds};
use Value::{Choice, List, Name, Number, Pings, Secret, Statuses, Switch, Text};

const NONE: Scope = Scope { global: false, ajp: false, member: false, lb: false, status: false };
const GLOBAL: Scope = Scope { global: true, ..NONE };
const AJP: Scope = Scope { ajp: true, member: true, ..NONE };
const MEMBER: Scope = Scope { member: true, ..NONE };
const LB: Scope = Scope { lb: true, ..NONE };
const AJP_LB: Scope = Scope { lb: true, ..AJP };
const STATUS: Scope = Scope { status: true, ..NONE };
const ANY: Scope = Scope { status: true, ..AJP_LB };

/// Every directive that mod_jk knows (`supported_properties`).
pub const DIRECTIVES: &[Directive] = &[
    // Global.
    list("list", GLOBAL, List, "ajp13", "the workers that exist and can be mounted"),
    odd(
        "maintain",
        GLOBAL,
        Number(Seconds),
        "60",
        "how often loads decay, members in error are \
         given another chance and idle connections are looked at; 0 is never",
    ),
    // Any worker.
    one("type", ANY, Choice(&["ajp13", "ajp14", "lb", "status"]), "ajp13", "what the worker is"),
    one(
        "reference",
        ANY,
        Text,
        "",
        "`worker.OTHER`: take every directive of that worker that \
         this one does not have",
    ),
    list(
        "mount",
        ANY,
        List,
        "",
        "paths that this worker serves, as in `JkMount`; only if the \
         worker is in `worker.list`",
    ),
    // One backend.
    one("host", AJP, Name, "localhost", "the backend's name or address, without a port"),
    one("port", AJP, Number(Count), "8009", "the port of the backend's AJP connector"),
    one("source", AJP, Name, "", "the local address that connections start from"),
    one("prefer_ipv6", AJP, Switch, "false", "use an IPv6 address if the host has several"),
    one(
        "secret",
        AJP_LB,
        Secret,
        "",
        "what the backend's AJP connector requires as `secret`; \
         that of a load balancer goes for members without one",
    ),
    odd("secretkey", AJP, Secret, "", "password of the abandoned ajp14 protocol"),
    one(
        "socket_timeout",
        AJP,
        Number(Seconds),
        "0",
        "longest wait for bytes from the backend; \
         0 is for ever",
    ),
    one(
        "socket_connect_timeout",
        AJP,
        Number(Milliseconds),
        "",
        "longest wait for a TCP \
         connection; `socket_timeout` unless set",
    ),
    one("socket_keepalive", AJP, Switch, "false", "let TCP look after idle connections"),
    one(
        "socket_buffer",
        AJP,
        Number(Bytes),
        "0",
        "size of the socket's buffers; 0 leaves it to \
         the system",
    ),
    one(
        "connection_pool_size",
        AJP,
        Number(Count),
        "",
        "how many connections the worker may \
         have, and so how many requests it serves at once",
    ),
    one(
        "connection_pool_minsize",
        AJP,
        Number(Count),
        "",
        "how many connections are kept however \
         long they are idle; half the pool unless set",
    ),
    one(
        "connection_pool_timeout",
        AJP,
        Number(Seconds),
        "0",
        "how long a connection may be idle \
         before it is closed; 0 is for ever",
    ),
    one(
        "connection_acquire_timeout",
        AJP,
        Number(Milliseconds),
        "",
        "how long a request waits \
         for a free connection; `retries` times `retry_interval` unless set",
    ),
    one(
        "ping_mode",
        AJP,
        Pings,
        "",
        "when to ask whether the backend is alive: C at connect, P \
         before each request, I when idle, A always",
    ),
    one(
        "ping_timeout",
        AJP,
        Number(Milliseconds),
        "10000",
        "how long the answer to a ping may \
         take",
    ),
    one(
        "connect_timeout",
        AJP,
        Number(Milliseconds),
        "0",
        "ping after connecting, and wait this \
         long",
    ),
    one(
        "prepost_timeout",
        AJP,
        Number(Milliseconds),
        "0",
        "ping before each request, and wait \
         this long",
    ),
    one(
        "connection_ping_interval",
        AJP,
        Number(Seconds),
        "0",
        "ping connections that have been \
         idle this long",
    ),
    one(
        "reply_timeout",
        AJP,
        Number(Milliseconds),
        "0",
        "longest wait for each packet of an \
         answer; 0 is for ever",
    ),
    one(
        "retries",
        AJP_LB,
        Number(Count),
        "2",
        "how often a request is sent to the worker; of a \
         load balancer, how often it goes round its members",
    ),
    one("retry_interval", AJP_LB, Number(Milliseconds), "100", "the wait between two tries"),
    one(
        "recovery_options",
        AJP,
        Number(Count),
        "0",
        "sum of 1 (no second try once the request was \
         sent), 2 (nor once the answer has begun), 4 (tell the backend when the client is gone), 8 \
         (but do retry HEAD), 16 (but do retry GET)",
    ),
    list(
        "fail_on_status",
        AJP,
        Statuses,
        "",
        "statuses of an answer that count as a failure; \
         negative ones do not put the member in error",
    ),
    one(
        "busy_limit",
        AJP,
        Number(Count),
        "0",
        "how many requests may be in the worker at once; 0 \
         is no limit",
    ),
    one(
        "max_packet_size",
        AJP,
        Number(Bytes),
        "8192",
        "the largest AJP packet, 8192 to 65536; as \
         `packetSize` of the backend's connector",
    ),
    // A backend within a load balancer.
    one("lbfactor", MEMBER, Number(Count), "1", "the member's share of the load"),
    odd(
        "distance",
        MEMBER,
        Number(Count),
        "0",
        "members with a larger one are used only if all \
         nearer ones are unusable",
    ),
    one(
        "activation",
        MEMBER,
        Choice(&["active", "disabled", "stopped"]),
        "active",
        "`disabled` \
         takes no new sessions, `stopped` takes nothing",
    ),
    one("route", MEMBER, Name, "", "the backend's `jvmRoute`; the worker's name unless set"),
    one("domain", MEMBER, Name, "", "members of one domain stand in for each other first"),
    one("redirect", MEMBER, Name, "", "the route of the member that stands in for this one first"),
    // Load balancers.
    list("balance_workers", LB, List, "", "the members"),
    one("sticky_session", LB, Switch, "true", "send a session back to the member that began it"),
    one("sticky_session_force", LB, Switch, "false", "rather fail than send a session elsewhere"),
    one(
        "method",
        LB,
        Choice(&["Request", "Traffic", "Busyness", "Session", "Next"]),
        "Request",
        "what is balanced",
    ),
    one(
        "lock",
        LB,
        Choice(&["Optimistic", "Pessimistic"]),
        "Optimistic",
        "how httpd's processes \
         guard the load values; without meaning in one process",
    ),
    one("lb_retries", LB, Number(Count), "2", "how many members are tried in one round"),
    one("recover_time", LB, Number(Seconds), "60", "how long a member in error is left alone"),
    one(
        "error_escalation_time",
        LB,
        Number(Seconds),
        "",
        "how long a member may fail some \
         requests before it is in error for all; half of `recover_time` unless set",
    ),
    one(
        "max_reply_timeouts",
        LB,
        Number(Count),
        "0",
        "how many reply timeouts a member may have \
         before it is in error",
    ),
    one("session_cookie", LB, Name, "JSESSIONID", "the cookie that holds the session id"),
    one("session_path", LB, Name, ";jsessionid", "what comes before the session id in a path"),
    one("set_session_cookie", LB, Switch, "false", "send clients a cookie that holds the route"),
    one("session_cookie_path", LB, Name, "/", "the path of that cookie"),
    // Status workers.
    one("css", STATUS, Text, "", "URL of a style sheet for the pages"),
    one("read_only", STATUS, Switch, "false", "show, but change nothing"),
    list("user", STATUS, List, "", "who may see the pages; everybody unless set"),
    one("user_case_insensitive", STATUS, Switch, "false", "compare users without regard to case"),
    list("good", STATUS, List, "a.o,a.n,a.b,a.r", "which members count as good"),
    list("bad", STATUS, List, "s,e", "which members count as bad"),
    one("prefix", STATUS, Text, "worker", "first part of each key in the properties output"),
    one("ns", STATUS, Text, "jk:", "prefix of element names in the XML output; `-` is none"),
    one(
        "xmlns",
        STATUS,
        Text,
        "xmlns:jk=\"http://tomcat.apache.org\"",
        "namespace declaration in \
         the XML output; `-` is none",
    ),
    one("doctype", STATUS, Text, "", "document type line of the XML output"),
    // Old names.
    replaced("cachesize", AJP, Number(Count), Twice::Last, "connection_pool_size"),
    replaced("cache_timeout", AJP, Number(Seconds), Twice::Last, "connection_pool_timeout"),
    replaced("jvm_route", MEMBER, Name, Twice::Last, "route"),
    replaced("disabled", MEMBER, Switch, Twice::Last, "activation"),
    replaced("stopped", MEMBER, Switch, Twice::Last, "activation"),
    replaced("balanced_workers", LB, List, Twice::Joined, "balance_workers"),
    // Without effect.
    obsolete("recycle_timeout", Twice::Last),
    obsolete("local_worker", Twice::Last),
    obsolete("local_worker_only", Twice::Last),
    obsolete("sysprops", Twice::Joined),
    obsolete("stdout", Twice::Joined),
    obsolete("stderr", Twice::Joined),
    obsolete("mx", Twice::Joined),
    obsolete("ms", Twice::Joined),
    obsolete("class_path", Twice::Joined),
    obsolete("bridge", Twice::Joined),
    obsolete("jvm_lib", Twice::Joined),
    obsolete("ld_path", Twice::Joined),
    obsolete("cmd_line", Twice::Joined),
    obsolete("native_lib", Twice::Joined),
];

const fn one(
    name: &'static str,
    scope: Scope,
    value: Value,
    default: &'static str,
    help: &'static str,
) -> Directive {
    let (twice, standing) = (Twice::Last, Standing::Current);
    Directive { name, scope, value, default, twice, standing, help }
}

const fn list(
    name: &'static str,
    scope: Scope,
    value: Value,
    default: &'static str,
    help: &'static str,
) -> Directive {
    Directive { twice: Twice::List, ..one(name, scope, value, default, help) }
}

/// Neither unique nor a list in mod_jk's eyes, most likely by oversight.
const fn odd(
    name: &'static str,
    scope: Scope,
    value: Value,
    default: &'static str,
    help: &'static str,
) -> Directive {
    Directive { twice: Twice::Joined, ..one(name, scope, value, default, help) }
}

const fn replaced(
    name: &'static str,
    scope: Scope,
    value: Value,
    twice: Twice,
    by: &'static str,
) -> Directive {
    let standing = Standing::Replaced(by);
    Directive { name, scope, value, default: "", twice, standing, help: "an older name" }
}

const fn obsolete(name: &'static str, twice: Twice) -> Directive {
    let (scope, standing) = (NONE, Standing::Obsolete);
    let help = "without effect; it belonged to a part of mod_jk that is gone";
    Directive { name, scope, value: Text, default: "", twice, standing, help }
}
