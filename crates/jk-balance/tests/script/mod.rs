//! Plays the scripts of `testdata/lb`: a load balancer, backends that behave as told, a clock that
//! moves when told, and what is expected after each step. `testdata/lb/README.md` is the language.

mod backend;
mod setup;
mod world;

use world::World;

/// Plays every case of a file and reports all that do not hold.
pub(crate) fn play(file: &str) {
    let path = format!("{}/../../testdata/lb/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let lines: Vec<(usize, &str)> =
        text.lines().enumerate().map(|(at, line)| (at + 1, uncommented(line))).collect();
    let starts = lines.iter().enumerate().filter(|(_, (_, line))| line.starts_with("== "));
    let mut starts: Vec<usize> = starts.map(|(at, _)| at).collect();
    assert!(!starts.is_empty(), "{file} has no cases");
    starts.push(lines.len());
    let cases = starts.windows(2).map(|pair| &lines[pair[0]..pair[1]]);
    let failures: Vec<String> = cases.filter_map(|case| failure_of(file, case)).collect();
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

fn failure_of(file: &str, case: &[(usize, &str)]) -> Option<String> {
    let (title, rest) = case.split_first().expect("a case has a title");
    let middle = rest.iter().position(|(_, line)| *line == "----");
    let (setup, steps) = rest.split_at(middle.unwrap_or_else(|| panic!("{title:?}: no `----`")));
    let mut world = World::new(setup.iter().map(|(_, line)| *line));
    let mut checks = 0;
    for (at, line) in steps.iter().skip(1).filter(|(_, line)| !line.is_empty()) {
        checks += usize::from(line.contains("->") || line.contains('='));
        if let Err(wrong) = world.step(line) {
            return Some(format!("{file}:{at} ({}): {line}\n    {wrong}", &title.1[3..]));
        }
    }
    assert!(checks > 0, "{file}: {title:?} checks nothing");
    None
}

fn uncommented(line: &str) -> &str {
    line.split(" # ").next().unwrap_or_default().trim_end()
}

/// Splits at blanks, not inside `'…'`. The quotes go away.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().expect("there is one").push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
