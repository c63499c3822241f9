//! Hostile clients, from outside: the program is attacked over sockets, and what reaches a backend is
//! looked at there.

mod floods;
mod injection;
mod stage;
mod tables;
