use std::os::unix::fs::PermissionsExt as _;

use jk_status::edits::{AjpAttribute, Edit, Key};

use super::*;

/// A state that is told from others by its number.
fn state(number: usize) -> Edits {
    let mut edits = Edits::default();
    let key = Key::Ajp("w".to_owned(), AjpAttribute::Port);
    edits.insert(key, Edit { from: "8009".to_owned(), to: number.to_string() });
    edits
}

/// What a process that begins now would find, and how many warnings it would give.
fn found(shm: &Path) -> (Edits, usize) {
    let mut warnings = Vec::new();
    let mut store = Store::open(shm, None).unwrap();
    store.acquire().unwrap();
    (store.load(&mut warnings), warnings.len())
}

fn ours(shm: &Path) -> Store {
    let mut store = Store::open(shm, None).unwrap();
    store.acquire().unwrap();
    assert!(store.load(&mut Vec::new()).is_empty());
    store
}

#[test]
fn the_last_state_is_found_however_many_there_were() {
    let dir = tempfile::tempdir().unwrap();
    let shm = dir.path().join("jk.shm");
    assert_eq!(found(&shm), (Edits::default(), 0));
    for number in 0..5 {
        let mut store = Store::open(&shm, None).unwrap();
        store.acquire().unwrap();
        store.load(&mut Vec::new());
        store.save(&state(number)).unwrap();
        drop(store);
        assert_eq!(found(&shm), (state(number), 0));
    }
    for number in 0..2 {
        let mode = std::fs::metadata(beside(&shm, number)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

/// The machine stops at any byte of a write, or leaves a file of zeros: the state before it is there.
#[test]
fn a_write_that_is_cut_short_costs_only_itself() {
    let dir = tempfile::tempdir().unwrap();
    let shm = dir.path().join("jk.shm");
    let mut store = ours(&shm);
    store.save(&state(1)).unwrap();
    let path = store.slots[store.next].path.clone();
    store.save(&state(2)).unwrap();
    drop(store);
    let whole = std::fs::read(&path).unwrap();
    for length in 0..whole.len() {
        std::fs::write(&path, &whole[..length]).unwrap();
        // An empty file is one that nothing was ever written to.
        assert_eq!(found(&shm), (state(1), usize::from(length > 0)), "{length}");
    }
    std::fs::write(&path, vec![0; whole.len()]).unwrap();
    assert_eq!(found(&shm), (state(1), 1));
    // The next write does not touch the one that is whole.
    let mut store = Store::open(&shm, None).unwrap();
    store.acquire().unwrap();
    assert_eq!(store.load(&mut Vec::new()), state(1));
    store.save(&state(3)).unwrap();
    drop(store);
    assert_eq!(found(&shm), (state(3), 0));
}

#[test]
fn what_is_there_already_is_not_written_again() {
    let dir = tempfile::tempdir().unwrap();
    let shm = dir.path().join("jk.shm");
    let mut store = ours(&shm);
    store.save(&Edits::default()).unwrap();
    assert_eq!(store.serial, 0);
    store.save(&state(1)).unwrap();
    store.save(&state(1)).unwrap();
    assert_eq!(store.serial, 1);
    store.save(&Edits::default()).unwrap();
    drop(store);
    assert_eq!(found(&shm), (Edits::default(), 0));
}

#[test]
fn files_that_were_removed_are_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let shm = dir.path().join("jk.shm");
    let mut store = ours(&shm);
    for removed in [&[0][..], &[1], &[0, 1]] {
        store.save(&state(1)).unwrap();
        removed.iter().for_each(|&at| std::fs::remove_file(beside(&shm, at)).unwrap());
        store.save(&state(1)).unwrap();
        let mut second = Store::open(&shm, None).unwrap();
        assert_eq!(second.load(&mut Vec::new()), state(1), "{removed:?}");
        let taken = flock(&second.slots[0].file, FlockOperation::NonBlockingLockExclusive);
        assert!(taken.is_err(), "{removed:?}: somebody else could have it");
    }
}

/// Two sites with one `JkShmFile` do not write into each other's state.
#[test]
fn only_one_process_has_them() {
    let dir = tempfile::tempdir().unwrap();
    let shm = dir.path().join("jk.shm");
    let first = ours(&shm);
    let mut second = Store::open(&shm, None).unwrap();
    assert!(matches!(second.acquire(), Err(StoreError::InUse(_))));
    drop(first);
    second.acquire().unwrap();
}
