use std::fmt::Write as _;

/// Lines shown before and after each difference.
const CONTEXT: usize = 3;

/// What must be taken from (`-`) and added to (`+`) `expected` to make `got`, line by line.
pub fn diff(expected: &str, got: &str) -> String {
    let (a, b): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), got.lines().collect());
    let common = common_lengths(&a, &b);
    let (mut i, mut j) = (0, 0);
    let mut lines: Vec<(char, &str)> = Vec::new();
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            lines.push((' ', a[i]));
            (i, j) = (i + 1, j + 1);
        } else if j >= b.len() || (i < a.len() && common[i + 1][j] >= common[i][j + 1]) {
            lines.push(('-', a[i]));
            i += 1;
        } else {
            lines.push(('+', b[j]));
            j += 1;
        }
    }
    near_changes(&lines)
}

/// `table[i][j]`: the longest common subsequence of `a[i..]` and `b[j..]`.
fn common_lengths(a: &[&str], b: &[&str]) -> Vec<Vec<u32>> {
    let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            table[i][j] = if a[i] == b[j] {
                table[i + 1][j + 1] + 1
            } else {
                table[i + 1][j].max(table[i][j + 1])
            };
        }
    }
    table
}

fn near_changes(lines: &[(char, &str)]) -> String {
    let is_near = |at: usize| {
        let window = at.saturating_sub(CONTEXT)..(at + CONTEXT + 1).min(lines.len());
        lines[window].iter().any(|(mark, _)| *mark != ' ')
    };
    let mut out = String::new();
    let mut skipping = false;
    for (at, (mark, line)) in lines.iter().enumerate() {
        if is_near(at) {
            let _ = writeln!(out, "{mark} {line}");
        } else if !skipping {
            out.push_str("  ...\n");
        }
        skipping = !is_near(at);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_marked() {
        assert_eq!(diff("a\nb\nc\n", "a\nx\nc\nd\n"), "  a\n- b\n+ x\n  c\n+ d\n");
    }
}
