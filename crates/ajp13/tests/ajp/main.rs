//! The codec against packets and dialogues of `testdata/ajp`, and against itself.

mod cases;
mod container;
mod conversation;
mod encode;
mod packets;
mod rejected;
mod round_trip;
mod unfit;
