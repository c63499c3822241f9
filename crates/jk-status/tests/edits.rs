//! Edits: what is kept, what a new configuration makes of them, and their text.

use std::time::Duration;

use jk_balance::MemberChange;
use jk_status::edits::{
    AjpAttribute, Edit, Edits, Flaw, Key, LONGEST_STATE, LbAttribute, MemberAttribute, Saved,
};
use jk_status::{AjpChange, AjpNumber, Change};
use jk_types::{
    Activation, AjpSettings, LbSettings, Lock, MemberSettings, Method, Worker, WorkerKind,
};
use proptest::prelude::*;

#[test]
fn an_edit_stays_until_the_file_says_something_else_of_that_very_setting() {
    let file = workers();
    let mut edits = Edits::default();
    let mut lb = lb_of(&file).clone();
    lb.members[0].activation = Activation::Stopped;
    edits.note(&file, &member("n1", MemberChange::Activation(Activation::Stopped)), Some(&lb));
    lb.members[1].lbfactor = 7;
    edits.note(&file, &member("n2", MemberChange::LbFactor(7)), Some(&lb));

    let mut other = workers();
    lb_mut(&mut other).members[0].lbfactor = 3;
    lb_mut(&mut other).retries = 9;
    let merged = edits.merge(&other);
    assert_eq!((merged.edits.len(), merged.dropped.len()), (2, 0), "{:?}", merged.dropped);
    let now = lb_of(&merged.workers);
    assert_eq!(now.members[0].activation, Activation::Stopped);
    assert_eq!((now.members[0].lbfactor, now.members[1].lbfactor, now.retries), (3, 7, 9));

    lb_mut(&mut other).members[0].activation = Activation::Disabled;
    let merged = merged.edits.merge(&other);
    assert_eq!(lb_of(&merged.workers).members[0].activation, Activation::Disabled);
    assert_eq!(merged.edits.len(), 1);
    assert_eq!(
        merged.dropped,
        ["'activation' of sub worker 'n1' of lb worker 'lb' is no longer 'stopped': the \
          configuration said 'active' when it was made, and says 'disabled' now"]
    );
}

#[test]
fn what_is_as_in_the_file_again_is_no_edit() {
    let file = workers();
    let mut edits = Edits::default();
    let mut lb = lb_of(&file).clone();
    for (activation, kept) in [(Activation::Stopped, 1), (Activation::Active, 0)] {
        lb.members[0].activation = activation;
        edits.note(&file, &member("n1", MemberChange::Activation(activation)), Some(&lb));
        assert_eq!(edits.len(), kept);
    }
}

#[test]
fn edits_of_nobody_are_dropped_and_named() {
    let file = workers();
    let mut edits = Edits::default();
    for key in [
        Key::Lb("gone".into(), LbAttribute::Method),
        Key::Member("lb".into(), "gone".into(), MemberAttribute::Route),
        Key::Ajp("gone".into(), AjpAttribute::Host),
    ] {
        edits.insert(key, Edit { from: "a".into(), to: "b".into() });
    }
    let merged = edits.merge(&file);
    assert!(merged.edits.is_empty() && merged.workers == file);
    assert_eq!(merged.dropped.len(), 3);
    assert!(merged.dropped.iter().all(|why| why.ends_with("there is no such worker any more")));
    // A change that somebody makes of a worker that a reload took away is not kept either.
    edits.note(&file, &ajp("gone", AjpChange::Number(AjpNumber::Retries, 3)), None);
    assert!(!edits.merge(&file).dropped.is_empty() && edits.len() == 3);
}

/// A text that nobody here wrote may hold anything; it gets no further than an update would.
#[test]
fn values_that_no_update_would_take_are_dropped() {
    let file = workers();
    let long = "x".repeat(61);
    let lb = |it| Key::Lb("lb".into(), it);
    let member = |it| Key::Member("lb".into(), "n1".into(), it);
    let ajp = |it| Key::Ajp("n1".into(), it);
    for (key, values) in [
        (lb(LbAttribute::Retries), &["0", "-1", "+3", "03", "", "99999999999"][..]),
        (lb(LbAttribute::StickySession), &["1", "yes"]),
        (lb(LbAttribute::Method), &["R", "Bogus"]),
        (member(MemberAttribute::Activation), &["ACT", "d", ""]),
        (member(MemberAttribute::LbFactor), &["0", "-5"]),
        (member(MemberAttribute::Distance), &["-1"]),
        (member(MemberAttribute::Route), &[&long, "a\nb"]),
        (ajp(AjpAttribute::Number(AjpNumber::MaxPacketSize)), &["8000", "8193", "70000"]),
        (ajp(AjpAttribute::Number(AjpNumber::Retries)), &["0"]),
        (ajp(AjpAttribute::Port), &["-1", "65536"]),
        (ajp(AjpAttribute::Host), &["a\r\nb"]),
    ] {
        let from = key.read(&file).expect("there is one");
        for value in values {
            let mut edits = Edits::default();
            edits.insert(key.clone(), Edit { from: from.clone(), to: (*value).to_owned() });
            let merged = edits.merge(&file);
            assert!(merged.edits.is_empty(), "{key} {value:?}");
            assert_eq!(merged.workers, file, "{key} {value:?}");
            assert!(merged.dropped[0].ends_with("that is no value of it"), "{:?}", merged.dropped);
        }
    }
}

/// A route with a dot brings a domain, if there is none; one that was taken away again stays away.
#[test]
fn routes_and_their_domains_come_back_as_they_were() {
    let file = workers();
    let mut edits = Edits::default();
    let mut lb = lb_of(&file).clone();
    lb.members[0].route = "east.n1".into();
    lb.members[0].domain = Some("east".into());
    edits.note(&file, &member("n1", MemberChange::Route("east.n1".into())), Some(&lb));
    assert_eq!(lb_of(&edits.merge(&file).workers).members[0], lb.members[0]);
    lb.members[0].domain = None;
    edits.note(&file, &member("n1", MemberChange::Domain(String::new())), Some(&lb));
    assert_eq!(lb_of(&edits.merge(&file).workers).members[0], lb.members[0]);
}

/// Wherever a worker's name appears.
#[test]
fn settings_of_a_backend_reach_all_its_places() {
    let file = workers();
    let mut edits = Edits::default();
    let address = AjpChange::Address { host: "10.0.0.9".into(), port: 8010, address: None };
    edits.note(&file, &ajp("n1", address), None);
    edits.note(&file, &ajp("n1", AjpChange::Number(AjpNumber::BusyLimit, 4)), None);
    let merged = edits.merge(&file);
    let member = &lb_of(&merged.workers).members[0].ajp;
    let WorkerKind::Ajp(listed) = &merged.workers[1].kind else { panic!("{merged:?}") };
    for backend in [member, listed] {
        let seen = (backend.host.as_str(), backend.port, backend.busy_limit);
        assert_eq!(seen, ("10.0.0.9", 8010, 4));
    }
    // Of the address the file may change a half.
    let mut moved = workers();
    for member in &mut lb_mut(&mut moved).members {
        member.ajp.port = 9009;
    }
    let WorkerKind::Ajp(listed) = &mut moved[1].kind else { panic!() };
    listed.port = 9009;
    let merged = edits.merge(&moved);
    let member = &lb_of(&merged.workers).members[0].ajp;
    assert_eq!((member.host.as_str(), member.port), ("10.0.0.9", 9009));
}

/// The file as documented; who reads old files with a new program depends on it.
#[test]
fn the_text_is_as_documented() {
    let mut edits = Edits::default();
    let mut insert = |key, from: &str, to: &str| {
        edits.insert(key, Edit { from: from.into(), to: to.into() });
    };
    insert(Key::Lb("lb".into(), LbAttribute::Method), "Request", "Busyness");
    insert(Key::Member("lb".into(), "n 1".into(), MemberAttribute::Redirect), "", "50%\"");
    insert(Key::Ajp("n1".into(), AjpAttribute::Number(AjpNumber::ReplyTimeout)), "0", "30000");
    insert(Key::Ajp("n1".into(), AjpAttribute::Host), "é", "x");
    let text = "jackdaw-edits 1\nserial 12\nlb lb method Request Busyness\n\
                member lb n%201 redirect \"\" 50%25%22\n\
                ajp n1 reply_timeout 0 30000\najp n1 host %C3%A9 x\nend 57caf124\n";
    let saved = Saved { serial: 12, edits };
    assert_eq!(saved.encode(), text);
    assert_eq!(Saved::decode(text.as_bytes()), Ok(saved));
}

#[test]
fn what_is_not_ours_is_refused() {
    let whole = Saved::default().encode();
    let summed = |body: &str| format!("{body}end {:08x}\n", crc32fast::hash(body.as_bytes()));
    let title = "jackdaw-edits 1\nserial 1\n";
    for (text, flaw) in [
        (String::new(), Flaw::Title),
        ("\u{7f}ELF".to_owned(), Flaw::Title),
        (whole.replace("edits 1", "edits 2"), Flaw::Title),
        (whole[..whole.len() - 1].to_owned(), Flaw::Broken),
        (format!("{whole}\n"), Flaw::Broken),
        (format!("{whole}{whole}"), Flaw::Broken),
        ("x".repeat(LONGEST_STATE + 1), Flaw::Long),
        (summed("jackdaw-edits 1\nserial -1\n"), Flaw::Line(2)),
        (summed("jackdaw-edits 1\nserial 18446744073709551616\n"), Flaw::Line(2)),
        (summed("jackdaw-edits 1\n"), Flaw::Line(2)),
        (summed(&format!("{title}lb lb method a\n")), Flaw::Line(3)),
        (summed(&format!("{title}lb lb method a b c\n")), Flaw::Line(3)),
        (summed(&format!("{title}lb lb route a b\n")), Flaw::Line(3)),
        (summed(&format!("{title}lb  method a b\n")), Flaw::Line(3)),
        (summed(&format!("{title}ajp n1 secret a b\n")), Flaw::Line(3)),
        (summed(&format!("{title}ajp n1 host a%2 b\n")), Flaw::Line(3)),
        (summed(&format!("{title}ajp n1 host a%é b\n")), Flaw::Line(3)),
        (summed(&format!("{title}ajp n1 host a%FF b\n")), Flaw::Line(3)),
        (summed(&format!("{title}ajp n1 host a b\n\n")), Flaw::Line(4)),
    ] {
        assert_eq!(Saved::decode(text.as_bytes()), Err(flaw), "{text:.60}");
    }
}

proptest! {
    #[test]
    fn reading_undoes_writing(saved in saved()) {
        prop_assert_eq!(Saved::decode(saved.encode().as_bytes()), Ok(saved));
    }

    #[test]
    fn no_damage_goes_unseen(saved in saved(), at: prop::sample::Index, flip in 1u8..) {
        let mut bytes = saved.encode().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        prop_assert!(Saved::decode(&bytes).is_err());
        bytes[at] ^= flip;
        prop_assert!(Saved::decode(&bytes[..at]).is_err());
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        let mut ours = b"jackdaw-edits 1\nserial 1\n".to_vec();
        ours.extend_from_slice(&bytes);
        ours.push(b'\n');
        let sum = crc32fast::hash(&ours);
        ours.extend_from_slice(format!("end {sum:08x}\n").as_bytes());
        if let Ok(saved) = Saved::decode(&ours) {
            prop_assert_eq!(Saved::decode(saved.encode().as_bytes()), Ok(saved));
        }
    }

    /// Whatever a text says, workers come out as an update could have made them, and merging again
    /// changes nothing.
    #[test]
    fn merging_is_done_once(saved in saved()) {
        let file = workers();
        let merged = saved.edits.merge(&file);
        prop_assert_eq!(merged.edits.len() + merged.dropped.len(), saved.edits.len());
        for (key, edit) in merged.edits.iter() {
            prop_assert_eq!(key.read(&merged.workers), Some(edit.to.clone()));
        }
        let again = merged.edits.merge(&file);
        prop_assert_eq!(&again.workers, &merged.workers);
        prop_assert!(again.dropped.is_empty());
    }
}

fn saved() -> impl Strategy<Value = Saved> {
    let text = prop_oneof![
        Just(String::new()),
        "[a-z0-9 %\"\\\\é]{0,12}",
        any::<String>(),
        (0..70_000_i32).prop_map(|number| number.to_string()),
        prop::sample::select(vec!["active", "stopped", "true", "false", "Busyness", "Request"])
            .prop_map(str::to_owned),
    ];
    let name =
        prop_oneof![prop::sample::select(vec!["lb", "n1", "n2"]).prop_map(str::to_owned), ".{1,9}"];
    let key = (name.clone(), name, 0..3, any::<prop::sample::Index>()).prop_map(
        |(worker, member, kind, at)| match kind {
            0 => Key::Lb(worker, *at.get(&LbAttribute::ALL)),
            1 => Key::Member(worker, member, *at.get(&MemberAttribute::ALL)),
            _ => Key::Ajp(worker, *at.get(&AjpAttribute::all().collect::<Vec<_>>())),
        },
    );
    let edit = (key, any::<bool>(), text.clone(), text).prop_map(|(key, known, from, to)| {
        // Half of them are about what there is.
        let from = key.read(&workers()).filter(|_| known).unwrap_or(from);
        (key, Edit { from, to })
    });
    (any::<u64>(), prop::collection::vec(edit, 0..20)).prop_map(|(serial, all)| {
        let mut edits = Edits::default();
        all.into_iter().for_each(|(key, edit)| edits.insert(key, edit));
        Saved { serial, edits }
    })
}

/// A load balancer of two members, the first of which is listed, too.
fn workers() -> Vec<Worker> {
    let backend = |name: &str| AjpSettings { name: name.into(), ..AjpSettings::default() };
    let member = |name: &str| MemberSettings {
        ajp: backend(name),
        lbfactor: 1,
        distance: 0,
        activation: Activation::Active,
        route: name.into(),
        domain: None,
        redirect: None,
    };
    let lb = LbSettings {
        name: "lb".into(),
        members: vec![member("n1"), member("n2")],
        sticky_session: true,
        sticky_session_force: false,
        method: Method::Request,
        lock: Lock::Optimistic,
        retries: 2,
        lb_retries: 2,
        retry_interval: Duration::from_millis(100),
        recover_time: 60,
        error_escalation_time: 30,
        max_reply_timeouts: 0,
        session_cookie: "JSESSIONID".into(),
        session_path: ";jsessionid".into(),
        set_session_cookie: false,
        session_cookie_path: String::new(),
    };
    vec![
        Worker { name: "lb".into(), kind: WorkerKind::Lb(Box::new(lb)) },
        Worker { name: "n1".into(), kind: WorkerKind::Ajp(Box::new(backend("n1"))) },
    ]
}

fn lb_of(workers: &[Worker]) -> &LbSettings {
    let WorkerKind::Lb(lb) = &workers[0].kind else { panic!("{workers:?}") };
    lb
}

fn lb_mut(workers: &mut [Worker]) -> &mut LbSettings {
    let WorkerKind::Lb(lb) = &mut workers[0].kind else { panic!() };
    lb
}

fn member(name: &str, change: MemberChange) -> Change {
    Change::Member { worker: "lb".into(), member: name.into(), change }
}

fn ajp(name: &str, change: AjpChange) -> Change {
    Change::Ajp { worker: name.into(), change }
}
