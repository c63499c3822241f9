//! strftime formats, compiled once.

use chrono::format::{Item, StrftimeItems};

/// The items of a format. What strftime does not know is printed as written.
pub(crate) fn items(format: &str) -> Vec<Item<'static>> {
    StrftimeItems::new(format)
        .map(|item| match item {
            Item::Error => Item::Literal("%"),
            item => item.to_owned(),
        })
        .collect()
}
