//! Agents that do not answer in time. All others: `tests/signer.rs`.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixListener;
use std::thread;
use std::time::Duration;

use super::{Agent, AgentError, Patience};

const SHORT: Duration = Duration::from_millis(50);

fn impatient(socket: &std::path::Path) -> Agent {
    Agent { socket: socket.to_owned(), patience: Patience { list: SHORT, sign: SHORT } }
}

#[test]
fn a_silent_agent_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("agent");
    let _listener = UnixListener::bind(&socket).unwrap();
    assert!(matches!(impatient(&socket).list(), Err(AgentError::Timeout(SHORT))));
}

/// Each byte comes in time, and the answer as a whole would take an hour.
#[test]
fn an_agent_that_trickles_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("agent");
    let listener = UnixListener::bind(&socket).unwrap();
    let trickle = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.read_exact(&mut [0; 5]).unwrap();
        stream.write_all(&200_000_u32.to_be_bytes()).unwrap();
        while stream.write_all(&[0]).is_ok() {
            thread::sleep(SHORT / 5);
        }
    });
    assert!(matches!(impatient(&socket).list(), Err(AgentError::Timeout(SHORT))));
    trickle.join().unwrap();
}
