use std::fmt::Write as _;

use super::{Ink, Paint, WIDTH};

/// Rows under a heading, in columns as wide as they need to be. The last column is wrapped at
/// blanks when a row would be longer than [`WIDTH`].
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<(&'static str, Align)>,
    rows: Vec<Vec<String>>,
}

/// To which side the cells of a column are moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// Blanks between two columns.
const GAP: usize = 2;

impl Table {
    /// A table without rows.
    pub(crate) fn new(columns: impl IntoIterator<Item = (&'static str, Align)>) -> Self {
        Self { columns: columns.into_iter().collect(), rows: Vec::new() }
    }

    /// Adds a row; it has a cell for every column.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let row: Vec<String> = cells.into_iter().collect();
        debug_assert_eq!(row.len(), self.columns.len());
        self.rows.push(row);
    }

    /// Drops the columns of that name in which no row says anything.
    pub(crate) fn without_empty(mut self, names: &[&str]) -> Self {
        for name in names {
            let Some(at) = self.columns.iter().position(|(column, _)| column == name) else {
                continue;
            };
            if self.rows.iter().all(|row| matches!(row[at].as_str(), "" | "-")) {
                self.columns.remove(at);
                self.rows.iter_mut().for_each(|row| drop(row.remove(at)));
            }
        }
        self
    }

    /// Appends the table, each line after `indent` blanks.
    pub(crate) fn write(&self, out: &mut String, indent: usize, paint: Paint) {
        let widths = self.widths();
        let head: Vec<String> = self.columns.iter().map(|(name, _)| (*name).to_owned()).collect();
        let mut heading = String::new();
        self.write_row(&mut heading, &head, &widths, 0);
        let line = paint.mark(Ink::Dim, heading.trim_end());
        let _ = writeln!(out, "{:indent$}{line}", "");
        for row in &self.rows {
            self.write_row(out, row, &widths, indent);
        }
    }

    fn widths(&self) -> Vec<usize> {
        let width = |(at, (name, _)): (usize, &(&str, Align))| {
            let cells = self.rows.iter().map(|row| columns(&row[at]));
            cells.chain([columns(name)]).max().unwrap_or(0)
        };
        self.columns.iter().enumerate().map(width).collect()
    }

    fn write_row(&self, out: &mut String, row: &[String], widths: &[usize], indent: usize) {
        let Some((last, front)) = row.split_last() else { return };
        let mut line = " ".repeat(indent);
        for ((cell, width), (_, align)) in front.iter().zip(widths).zip(&self.columns) {
            let fill = " ".repeat(width - columns(cell));
            match align {
                Align::Left => line += &format!("{cell}{fill}"),
                Align::Right => line += &format!("{fill}{cell}"),
            }
            line += &" ".repeat(GAP);
        }
        let start = columns(&line);
        if let Some((_, Align::Right)) = self.columns.last() {
            let width = widths.last().copied().unwrap_or(0);
            line += &" ".repeat(width - columns(last));
        }
        for (at, piece) in wrapped(last, WIDTH.saturating_sub(start).max(20)).iter().enumerate() {
            let lead = if at == 0 { line.clone() } else { " ".repeat(start) };
            let _ = writeln!(out, "{}", format!("{lead}{piece}").trim_end());
        }
    }
}

/// Lines of at most `width` columns, broken at blanks; at least one.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is always one");
        if line.is_empty() {
            line.push_str(word);
        } else if columns(line) + 1 + columns(word) <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// Characters, which is what most terminals make columns of.
fn columns(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_the_last_one_wraps() {
        let mut table =
            Table::new([("name", Align::Left), ("n", Align::Right), ("notes", Align::Left)]);
        table.row(["büro".into(), "7".into(), "word ".repeat(20).trim().into()]);
        table.row(["x".into(), "10".into(), String::new()]);
        let mut out = String::new();
        table.write(&mut out, 2, Paint::stdout());
        let lines: Vec<&str> = out.lines().collect();
        assert_eq!(lines[0], "  name   n  notes");
        assert!(lines[1].starts_with("  büro   7  word word"));
        assert!(lines[2].starts_with("            word"), "{out}");
        assert_eq!(lines[3], "  x     10");
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH));
    }

    #[test]
    fn silent_columns_can_be_left_out() {
        let mut table = Table::new([("a", Align::Left), ("b", Align::Left)]);
        table.row(["1".into(), "-".into()]);
        let mut out = String::new();
        table.without_empty(&["b"]).write(&mut out, 0, Paint::stdout());
        assert_eq!(out, "a\n1\n");
    }
}
