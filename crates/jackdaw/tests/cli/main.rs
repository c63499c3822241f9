//! The program as its users meet it: commands in, text and exit status out.

mod agreement;
mod demo;
mod sample;
mod transcripts;
