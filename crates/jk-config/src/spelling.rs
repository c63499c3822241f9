//! What a user may have meant.

/// The candidate that is nearest to `word`, if it is near enough to be meant.
pub(crate) fn nearest<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    let tolerance = match word.chars().count() {
        0..3 => 0,
        3..5 => 1,
        5..10 => 2,
        _ => 3,
    };
    let scored = candidates.into_iter().filter(|c| *c != word).map(|c| (distance(word, c), c));
    scored.filter(|(d, _)| *d <= tolerance).min_by_key(|(d, _)| *d).map(|(_, c)| c)
}

/// How many letters must be added, dropped, changed or swapped with their neighbour; upper and
/// lower case count as the same letter, at no more than the price of one change.
fn distance(a: &str, b: &str) -> usize {
    let folded = letters_apart(&a.to_lowercase(), &b.to_lowercase());
    if folded == 0 && a != b { 1 } else { folded }
}

fn letters_apart(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(64).collect();
    let b: Vec<char> = b.chars().take(64).collect();
    // Rows of the usual matrix: the one before the last, the last, and the one being filled.
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1; b.len() + 1];
        for (j, y) in b.iter().enumerate() {
            row[j + 1] = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            let swapped = i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y;
            if swapped {
                row[j + 1] = row[j + 1].min(before[j - 1] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_what_was_meant() {
        let known = ["lbfactor", "host", "port", "balance_workers", "reply_timeout"];
        for (word, expected) in [
            ("lbfacter", Some("lbfactor")),
            ("hsot", Some("host")),
            ("Port", Some("port")),
            ("balance_worker", Some("balance_workers")),
            ("replytimeout", Some("reply_timeout")),
            ("bogus", None),
            ("po", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
    }
}
