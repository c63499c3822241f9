//! Several Tomcats that replicate their sessions, on one site's slot.

use std::io;
use std::path::{Path, PathBuf};

use crate::slot::{BACKEND_PORT, Slot};
use crate::tomcat::{ClusterNode, PACKET_SIZE, Tomcat, TomcatConfig};

/// Where the first member receives sessions; the others follow.
const REPLICATION_PORT: u16 = 22031;

/// The AJP port of the member with this index.
pub fn ajp_port(index: usize) -> u16 {
    BACKEND_PORT + u16::try_from(index).expect("a cluster has few members")
}

/// Starts a Tomcat for each route, with these web applications. One after the other: two that start
/// together ask each other for sessions and wait in vain.
///
/// # Errors
/// When one of them does not come up.
pub fn start(slot: &Slot, routes: &[&str], webapps: &[(&str, &str)]) -> io::Result<Vec<Tomcat>> {
    let replication = |index: usize| slot.socket(REPLICATION_PORT + ajp_port(index) - BACKEND_PORT);
    let mut tomcats = Vec::new();
    for (index, route) in routes.iter().enumerate() {
        let peers = (0..routes.len()).filter(|&i| i != index).map(replication).collect();
        let node = ClusterNode { own: replication(index), peers };
        let mut tomcat = Tomcat::prepare(TomcatConfig {
            route: (*route).to_owned(),
            ajp: slot.socket(ajp_port(index)),
            cluster: (routes.len() > 1).then_some(node),
            webapps: webapps
                .iter()
                .map(|(context, dir)| ((*context).to_owned(), webapp(dir)))
                .collect(),
            sealed: None,
            packet_size: PACKET_SIZE,
        })?;
        tomcat.start()?;
        tomcats.push(tomcat);
    }
    for tomcat in &mut tomcats {
        tomcat.wait_for_peers()?;
    }
    Ok(tomcats)
}

fn webapp(name: &str) -> PathBuf {
    testdata().join("webapps").join(name)
}

/// The repository's test data.
pub fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata")
}
