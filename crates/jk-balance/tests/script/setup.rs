//! Settings as the scripts write them.

use std::time::Duration;

use jk_types::{
    Activation, AjpSettings, LbSettings, MemberSettings, Method, RecoveryOptions, StatusList,
};

pub(crate) fn lb() -> LbSettings {
    LbSettings {
        name: "lb".to_owned(),
        members: Vec::new(),
        sticky_session: true,
        sticky_session_force: false,
        method: Method::Request,
        lock: Default::default(),
        retries: 2,
        lb_retries: 2,
        retry_interval: Duration::from_millis(100),
        recover_time: 60,
        error_escalation_time: 30,
        max_reply_timeouts: 0,
        session_cookie: "JSESSIONID".to_owned(),
        session_path: ";jsessionid".to_owned(),
        set_session_cookie: false,
        session_cookie_path: "/".to_owned(),
    }
}

pub(crate) fn set_lb(lb: &mut LbSettings, key: &str, value: &str) {
    match key {
        "method" => lb.method = Method::from_directive(value),
        "sticky_session" => lb.sticky_session = value == "1",
        "sticky_session_force" => lb.sticky_session_force = value == "1",
        "retries" => lb.retries = number(value),
        "lb_retries" => lb.lb_retries = number(value),
        "retry_interval" => lb.retry_interval = millis(value),
        "recover_time" => lb.recover_time = number(value),
        "error_escalation_time" => lb.error_escalation_time = number(value),
        "max_reply_timeouts" => lb.max_reply_timeouts = number(value),
        "session_cookie" => value.clone_into(&mut lb.session_cookie),
        "set_session_cookie" => lb.set_session_cookie = value == "1",
        "session_cookie_path" => value.clone_into(&mut lb.session_cookie_path),
        _ => panic!("{key} is not a setting of a load balancer"),
    }
}

pub(crate) fn member(name: &str) -> MemberSettings {
    MemberSettings {
        ajp: AjpSettings { name: name.to_owned(), ..AjpSettings::default() },
        lbfactor: 1,
        distance: 0,
        activation: Activation::Active,
        route: name.to_owned(),
        domain: None,
        redirect: None,
    }
}

pub(crate) fn set_member(member: &mut MemberSettings, key: &str, value: &str) {
    match key {
        "lbfactor" => member.lbfactor = number(value),
        "distance" => member.distance = number(value),
        "activation" => member.activation = Activation::from_directive(value),
        "route" => {
            value.clone_into(&mut member.route);
            member.domain = value.split_once('.').map(|(domain, _)| domain.to_owned());
        }
        "domain" => member.domain = Some(value.to_owned()),
        "redirect" => member.redirect = Some(value.to_owned()),
        "port" => member.ajp.port = number(value),
        "retries" => member.ajp.retries = number(value),
        "retry_interval" => member.ajp.retry_interval = Some(millis(value)),
        "recovery_options" => member.ajp.recovery_options = RecoveryOptions(number(value)),
        "busy_limit" => member.ajp.busy_limit = number(value),
        "fail_on_status" => {
            member.ajp.fail_on_status = StatusList(value.split(',').map(number).collect());
        }
        _ => panic!("{key} is not a setting of a member"),
    }
}

pub(crate) fn number<T: std::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("{text} is not a number"))
}

fn millis(text: &str) -> Duration {
    Duration::from_millis(number(text))
}
