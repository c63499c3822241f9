//! Who is waited for while a request is served, since when, and until when: the client's silence
//! (`Timeout`), its pace, and the slot of a worker that it may be keeping from others.

use std::time::{Duration, Instant};

use super::client::Line;
use super::context::Context;
use super::exchange::{Exchange, Stage};
use super::forward::Step;
use super::net::{Net, Stream};
use super::patience::{Patience, Saving};

/// How long a client may stall a request that holds a slot, before it is looked whether others wait for
/// the slot, and how much must move meanwhile.
const SIEGE: Duration = Duration::from_secs(1);
const SIEGE_BYTES: u64 = 16 * 1024;

impl<S: Stream> Exchange<S> {
    /// When this must be looked at again whatever happens.
    pub(super) fn deadline(&self, since: Instant) -> Option<Instant> {
        let timeout = self.received.settings().timeout;
        let client =
            self.waits_for_client_now().then(|| since.max(self.received.touched) + timeout);
        let backend = match self.stage {
            Stage::Forward => self.forward_deadline(timeout),
            Stage::File(_) | Stage::Send => None,
        };
        let siege = self.received.stalled.map(|(since, _)| since + SIEGE);
        [client, backend, siege, self.patience_ends()].into_iter().flatten().min()
    }

    /// When the client has been slow for too long in all.
    fn patience_ends(&self) -> Option<Instant> {
        self.received.patience.iter().filter_map(Patience::deadline).min()
    }

    /// Whether it is the client that is waited for.
    pub(super) fn waits_for_client_now(&self) -> bool {
        match self.stage {
            Stage::Forward => self.waits_for_client(),
            Stage::File(_) => self.reply.is_clogged() || self.awaits_rest(),
            Stage::Send => true,
        }
    }

    /// Sees whether the client did something. Its time does not run while nothing is wanted of it.
    pub(super) fn note_activity(&mut self, now: Instant) {
        let taken = self.reply.sent;
        let moved = self.intake.received + taken;
        if moved != self.received.moved || !self.waits_for_client_now() {
            self.received.moved = moved;
            self.received.touched = now;
        }
        let clogged = self.reply.is_clogged();
        let awaits_content = match self.stage {
            Stage::Forward => self.waits_for_client() && !clogged,
            Stage::File(_) => self.awaits_rest() && !clogged,
            Stage::Send => !clogged && !self.intake.is_complete(),
        };
        let received = &mut self.received;
        let site = &received.serving.site;
        let [content, response] = &mut received.patience;
        let pace = &site.settings(received.front).read_paces.body;
        content.note(now, self.intake.received, awaits_content, pace, Saving::Allowed);
        response.note(now, taken, clogged, &site.config.response_pace, Saving::No);
        let stalls = self.forward.has_slot && (awaits_content || clogged);
        if stalls != self.received.stalled.is_some() {
            self.received.stalled = stalls.then_some((now, moved));
            self.received.serving.pools[self.forward.backend].lock().stall(stalls);
        }
    }

    /// Whether the client takes its time with a slot that others wait for. Looked at once a second:
    /// nobody but an attacker, or somebody behind a very bad line, moves so little in one.
    fn is_besieger(&mut self, now: Instant) -> bool {
        let moved = self.intake.received + self.reply.sent;
        let Some((since, before)) = self.received.stalled else { return false };
        if now < since + SIEGE {
            return false;
        }
        self.received.stalled = Some((now, moved));
        let pool = &self.received.serving.pools[self.forward.backend];
        moved.saturating_sub(before) < SIEGE_BYTES && pool.lock().is_besieged()
    }

    pub(super) fn client_is_late(&mut self, now: Instant, since: Instant) -> bool {
        let timeout = self.received.settings().timeout;
        let silent =
            self.waits_for_client_now() && now >= since.max(self.received.touched) + timeout;
        silent || self.patience_ends().is_some_and(|at| now >= at) || self.is_besieger(now)
    }

    /// The client neither sent nor took anything for too long.
    pub(super) fn client_failed<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
    ) {
        match self.stage {
            // The worker has not heard of it.
            Stage::Forward if matches!(self.forward.step, Step::Content { .. }) => {
                self.abandon(400);
            }
            Stage::Forward => {
                let failure = if self.reply.is_clogged() {
                    jk_balance::Failure::ClientWrite
                } else {
                    jk_balance::Failure::ClientRead
                };
                self.fail(ctx, line, failure);
            }
            Stage::File(_) if self.awaits_rest() && !self.reply.is_clogged() => {
                return self.refuse_content(ctx, line, 408);
            }
            // It has its answer; only the rest of its request is missing.
            Stage::Send if !self.reply.is_clogged() => self.reply.close = true,
            Stage::File(_) | Stage::Send => self.abandon(408),
        }
        // What it did not take, it will not get.
        self.reply.drop_unsent();
    }
}
