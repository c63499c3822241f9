//! The thread that owns the logs.

use std::collections::HashMap;

use crossbeam_channel::{Receiver, Sender};

use super::target::Target;
use super::{Batch, LogId, Message};

pub(super) fn run(messages: &Receiver<Message>, give_back: &Sender<Batch>) {
    let mut targets: HashMap<LogId, Target> = HashMap::new();
    for message in messages {
        match message {
            Message::Open(id, target) => drop(targets.insert(id, target)),
            Message::Lines(mut batch) => {
                write(&mut targets, &batch);
                batch.bytes.clear();
                batch.lines.clear();
                let _ = give_back.try_send(batch);
            }
            Message::Reopen => targets.values_mut().for_each(Target::reopen),
            Message::Barrier(done) => drop(done),
        }
    }
}

/// Writes a batch, neighbouring lines of one log together.
fn write(targets: &mut HashMap<LogId, Target>, batch: &Batch) {
    let (mut from, mut at) = (0, 0);
    while let Some(&(log, mut end)) = batch.lines.get(at) {
        while let Some(&(next, further)) = batch.lines.get(at + 1) {
            if next != log {
                break;
            }
            end = further;
            at += 1;
        }
        if let Some(target) = targets.get_mut(&log) {
            target.write(&batch.bytes[from..end]);
        }
        (from, at) = (end, at + 1);
    }
}
