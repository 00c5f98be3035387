//! OpenSSH's own agent, for as long as a test needs it.
#![allow(clippy::unwrap_used)] // helpers of tests

use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// An ssh-agent, which ends when this is dropped.
pub struct RealAgent(Child);

impl RealAgent {
    /// Starts one at this socket, and waits until it answers there.
    pub fn at(socket: &Path) -> Self {
        let child = Command::new("ssh-agent").arg("-D").arg("-a").arg(socket).stdout(Stdio::null()).spawn();
        let agent = Self(child.unwrap());
        let until = Instant::now() + Duration::from_secs(60);
        while UnixStream::connect(socket).is_err() {
            assert!(Instant::now() < until, "ssh-agent does not start");
            thread::sleep(Duration::from_millis(5));
        }
        agent
    }
}

impl Drop for RealAgent {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}
