//! Parts of a proxied answer: httpd cuts ranges out of every answer that reaches its byterange filter
//! as a whole, whoever made it (httpd: `ap_byterange_filter`).

use std::time::UNIX_EPOCH;

use jk_site::fields::Fields as _;
use jk_site::files::{Conditions, MultipartBoundary, RangeVerdict, Ranges};

use super::client::Line;
use super::context::Context;
use super::exchange::Exchange;
use super::net::{Net, Stream};
use super::reply::Urgency;
use super::route::HeadFields;

impl<S: Stream> Exchange<S> {
    /// Whether the client wants a range of an answer that is not one already.
    pub(super) fn asks_for_parts(&self) -> bool {
        self.reply.status == 200
            && self.received.error.is_none()
            && self.received.method() != b"HEAD"
            && self.received.head.find(&self.received.bytes, "range").is_some()
            && self.reply.fields.get(b"Content-Range").is_none()
            && !self.reply.content_type.starts_with(b"multipart/byteranges")
    }

    /// Sends what is held back and the pieces of `source`, or the parts of it that were asked for.
    pub(super) fn finish_in_parts<N: Net<Stream = S>>(
        &mut self,
        ctx: &mut Context<N>,
        line: &mut Line<S>,
        source: &[u8],
    ) {
        let more = ctx.pieces.iter().map(ExactSizeIterator::len).sum();
        let Some(mut whole) = self.reply.take_whole(more) else {
            if !self.push(ctx, line, source, Urgency::End) {
                self.abandon(self.reply.status);
            }
            return;
        };
        ctx.pieces.iter().for_each(|piece| whole.extend_from_slice(&source[piece.clone()]));
        let mut ranges = Ranges::default();
        match self.read_ranges(whole.len() as u64, &mut ranges) {
            RangeVerdict::Whole => self.answer(ctx, line, &whole),
            RangeVerdict::Unsatisfiable => {
                self.reply.withdraw();
                self.reply.unmeasured = true;
                self.reply.close |= self.received.head.wants_close();
                self.answer_error(ctx, line, 416);
            }
            RangeVerdict::Parts => {
                self.set_status(206);
                let boundary = MultipartBoundary(ctx.clock.wall.as_nanos() as u64);
                let content = self.cut(&whole, &ranges, boundary);
                self.answer(ctx, line, &content);
            }
        }
    }

    fn read_ranges(&self, size: u64, ranges: &mut Ranges) -> RangeVerdict {
        let fields = HeadFields { head: &self.received.head, bytes: &self.received.bytes };
        let conditions = Conditions::of(&fields);
        let now = UNIX_EPOCH + self.received.wall;
        match conditions.range.filter(|_| conditions.allow_range_of(&self.reply.fields, now)) {
            Some(field) => ranges.read(field, size),
            None => RangeVerdict::Whole,
        }
    }

    /// The content that carries the parts; type and range are told in the head.
    fn cut(&mut self, whole: &[u8], ranges: &Ranges, boundary: MultipartBoundary) -> Vec<u8> {
        let size = whole.len() as u64;
        let part_of = |part: &std::ops::Range<u64>| {
            // `Ranges` never exceed the size they were read for.
            let bounds = usize::try_from(part.start).ok().zip(usize::try_from(part.end).ok());
            bounds.and_then(|(start, end)| whole.get(start..end)).unwrap_or_default()
        };
        if let [part] = &ranges.parts[..] {
            let range = format!("bytes {}-{}/{size}", part.start, part.end.saturating_sub(1));
            self.reply.fields.set(b"Content-Range", range.as_bytes());
            return part_of(part).to_vec();
        }
        let content_type = std::mem::take(&mut self.reply.content_type);
        let named = Some(&content_type[..]).filter(|name| !name.is_empty());
        boundary.push_content_type(&mut self.reply.content_type);
        let mut content = Vec::new();
        for part in &ranges.parts {
            boundary.push_part_head(named, part, size, &mut content);
            content.extend_from_slice(part_of(part));
        }
        boundary.push_end(&mut content);
        content
    }
}
