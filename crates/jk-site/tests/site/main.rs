//! The crate against what was measured on httpd 2.4.71 and mod_jk 1.2.48: `testdata/site/`.

mod common;
mod env;
mod files;
mod hosts;
mod logs;
mod options;
mod pages;
mod paths;
