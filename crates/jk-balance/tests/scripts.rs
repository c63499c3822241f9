//! Plays the scripts of `testdata/lb`, which cite the assertions of the reference by number (`W47`).

mod script;

#[test]
fn members_are_chosen_as_mod_jk_chooses() {
    script::play("choice.txt");
}

#[test]
fn failures_are_handled_as_mod_jk_handles_them() {
    script::play("failure.txt");
}

#[test]
fn time_changes_states_as_in_mod_jk() {
    script::play("time.txt");
}

#[test]
fn cookies_and_attributes_are_those_of_mod_jk() {
    script::play("cookies.txt");
}

#[test]
fn operators_change_what_the_status_worker_changes() {
    script::play("manage.txt");
}
