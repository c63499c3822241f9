//! The backend on loopback, spoken to with the client side of `ajp13` and with plain HTTP.

mod ajp;
mod client;
mod demo;
mod http;
mod lifecycle;
