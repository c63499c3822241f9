//! What failures mean, in tables: cause, status, whether the request may be sent again.

use std::time::Duration;

use jk_balance::{Failure, Next, Outcome, Progress, Tries};
use jk_types::{RecoveryOptions, Verdict};

const NOTHING: Progress = Progress { headers_sent: false, body_consumed: false };
const HEADERS: Progress = Progress { headers_sent: true, body_consumed: false };
const BODY: Progress = Progress { headers_sent: false, body_consumed: true };

const ALL: [(Failure, u16, Outcome); 17] = [
    (Failure::TooLarge, 413, Outcome::ClientError),
    (Failure::Unfit, 400, Outcome::ClientError),
    (Failure::ClientRead, 400, Outcome::ClientError),
    (Failure::ClientWrite, 200, Outcome::ClientError),
    (Failure::NoSlot, 503, Outcome::BusyLimit),
    (Failure::BusyLimit, 503, Outcome::BusyLimit),
    (Failure::Connect, 503, Outcome::Other),
    (Failure::Probe, 503, Outcome::Other),
    (Failure::Send, 503, Outcome::Other),
    (Failure::ConnectionLost, 502, Outcome::Other),
    (Failure::Framing, 502, Outcome::Framing),
    (Failure::ReplyTimeout, 504, Outcome::ReplyTimeout),
    (Failure::Malformed, 500, Outcome::Other),
    (Failure::SecondHeadersAfterBody, 502, Outcome::Other),
    (Failure::BodySend, 502, Outcome::Other),
    (Failure::FailStatus(Verdict::Soft), 503, Outcome::StatusSoft),
    (Failure::FailStatus(Verdict::Hard), 503, Outcome::StatusHard),
];

#[test]
fn causes_have_mod_jks_status() {
    for (failure, status, outcome) in ALL {
        assert_eq!((failure.status(), failure.outcome()), (status, outcome), "{failure:?}");
    }
}

#[test]
fn nothing_is_repeated_in_halves() {
    for (failure, ..) in ALL {
        for options in 0..32 {
            for progress in [HEADERS, BODY] {
                for method in [b"GET".as_slice(), b"HEAD", b"POST"] {
                    let again = failure.recoverable(RecoveryOptions(options), method, progress);
                    assert!(!again, "{failure:?} {options} {progress:?}");
                }
            }
        }
    }
}

/// Rows of options; for GET, HEAD and POST whether a lost answer is asked for again.
#[test]
fn recovery_options_decide_while_the_answer_is_awaited() {
    let rows = [
        ([0, 2, 4, 8, 16, 26].as_slice(), [true, true, true]),
        (&[1, 3, 5], [false, false, false]),
        (&[9, 11], [false, true, false]),
        (&[17, 19], [true, false, false]),
        (&[25, 27, 31], [false, true, false]),
    ];
    let methods = [b"GET".as_slice(), b"HEAD", b"POST"];
    for failure in [Failure::ConnectionLost, Failure::Framing, Failure::ReplyTimeout] {
        for (options, expected) in rows {
            for &bits in options {
                let got =
                    methods.map(|name| failure.recoverable(RecoveryOptions(bits), name, NOTHING));
                assert_eq!(got, expected, "{failure:?} {bits}");
            }
        }
    }
}

#[test]
fn recovery_options_do_not_concern_other_stages() {
    let always = [
        Failure::Connect,
        Failure::Probe,
        Failure::Send,
        Failure::Malformed,
        Failure::BusyLimit,
        Failure::NoSlot,
        Failure::FailStatus(Verdict::Soft),
        Failure::FailStatus(Verdict::Hard),
    ];
    for options in 0..32 {
        for failure in always {
            assert!(failure.recoverable(RecoveryOptions(options), b"POST", NOTHING), "{failure:?}");
        }
    }
}

#[test]
fn tries_are_counted_with_the_first() {
    let sleep = Some(Duration::from_millis(100));
    let mut tries = Tries::new(3, sleep);
    assert_eq!(tries.after(Failure::Connect, true), Next::Again { sleep });
    assert_eq!(tries.after(Failure::Connect, true), Next::Again { sleep });
    assert_eq!(tries.after(Failure::Connect, true), Next::GiveUp);
    assert_eq!(Tries::new(3, sleep).after(Failure::ConnectionLost, false), Next::GiveUp);
    assert_eq!(Tries::new(3, sleep).after(Failure::BusyLimit, true), Next::GiveUp);
    let at_once = Next::Again { sleep: None };
    assert_eq!(Tries::new(2, None).after(Failure::Connect, true), at_once);
    assert_eq!(Tries::new(2, Some(Duration::ZERO)).after(Failure::Connect, true), at_once);
}
