use super::{DIRECTIVES, Directive, Standing, Twice, Value, is_valid_key, separator};

/// What mod_jk overwrites, of the names it supports.
const UNIQUE: &str = "secret reference host source port type cachesize connection_pool_size \
    connection_pool_minsize cache_timeout connection_pool_timeout connection_acquire_timeout \
    recovery_options connect_timeout prepost_timeout ping_timeout ping_mode reply_timeout \
    socket_timeout socket_connect_timeout socket_buffer socket_keepalive \
    connection_ping_interval recycle_timeout lbfactor sticky_session sticky_session_force \
    session_cookie session_path set_session_cookie session_cookie_path local_worker \
    local_worker_only jvm_route route domain redirect method lock disabled stopped activation \
    recover_time error_escalation_time max_reply_timeouts retry_interval busy_limit \
    max_packet_size css read_only retries lb_retries ns xmlns doctype prefix \
    user_case_insensitive prefer_ipv6";

const LISTS: &str = "balance_workers mount user good bad fail_on_status list";

const OTHERS: &str = "sysprops stderr stdout mx ms class_path bridge jvm_lib ld_path cmd_line \
    native_lib distance balanced_workers secretkey maintain";

const DEPRECATED: &str = "sysprops stderr stdout mx ms class_path bridge jvm_lib ld_path cmd_line \
    native_lib cachesize cache_timeout recycle_timeout balanced_workers jvm_route local_worker \
    local_worker_only disabled stopped";

fn names(of: impl Fn(&Directive) -> bool) -> Vec<&'static str> {
    let mut names: Vec<_> = DIRECTIVES.iter().filter(|d| of(d)).map(|d| d.name).collect();
    names.sort_unstable();
    names
}

fn sorted(list: &str) -> Vec<&str> {
    let mut names: Vec<_> = list.split_whitespace().collect();
    names.sort_unstable();
    names
}

#[test]
fn the_table_knows_what_mod_jk_knows() {
    assert_eq!(names(|d| d.twice == Twice::Last), sorted(UNIQUE));
    assert_eq!(names(|d| d.twice == Twice::List), sorted(LISTS));
    assert_eq!(names(|d| d.twice == Twice::Joined), sorted(OTHERS));
    assert_eq!(names(|d| d.standing != Standing::Current), sorted(DEPRECATED));
}

#[test]
fn old_names_lead_to_new_ones() {
    for directive in DIRECTIVES {
        if let Standing::Replaced(by) = directive.standing {
            let new = Directive::find(by.as_bytes()).expect("the new name is in the table");
            assert_eq!(new.standing, Standing::Current, "{by}");
        }
    }
}

#[test]
fn help_is_one_sentence() {
    for Directive { name, help, .. } in DIRECTIVES {
        assert!(!help.is_empty() && !help.ends_with('.') && !help.contains("  "), "{name}");
    }
}

#[test]
fn choices_differ_in_their_first_letter() {
    for directive in DIRECTIVES {
        // A type is compared as a whole.
        if let (Value::Choice(options), true) = (directive.value, directive.name != "type") {
            let mut letters: Vec<u8> = options.iter().map(|o| o.as_bytes()[0]).collect();
            letters.dedup();
            assert_eq!(letters.len(), options.len(), "{}", directive.name);
        }
    }
}

#[test]
fn only_the_end_of_a_key_is_looked_at() {
    for (key, valid) in [
        ("worker.a.host", true),
        ("worker.host", true),
        ("worker.a.b.c.host", true),
        ("worker.x.list", true),
        ("worker.mylist", false),
        ("worker.", false),
        ("worker.a.Host", false),
        ("worker.a.host ", false),
        ("worker", true),
        ("Worker.a.bogus", true),
        ("workers.tomcat_home", true),
        ("", true),
    ] {
        assert_eq!(is_valid_key(key.as_bytes()), valid, "{key}");
    }
}

#[test]
fn values_are_joined_by_what_mod_jk_joins_them_by() {
    for (key, expected) in [
        ("worker.a.port", None),
        ("x.host", None),
        ("worker.a.session_path", None),
        ("worker.a.class_path", Some(b':')),
        ("my_path", Some(b':')),
        ("worker.a.cmd_line", Some(b' ')),
        ("cmd_line", Some(b'*')),
        ("worker.list", Some(b',')),
        ("worker.a.balance_workers", Some(b',')),
        ("worker.a.balanced_workers", Some(b'*')),
        ("worker.maintain", Some(b'*')),
        ("foo", Some(b'*')),
    ] {
        assert_eq!(separator(key.as_bytes()), expected, "{key}");
    }
}
