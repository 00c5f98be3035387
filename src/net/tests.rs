//! Against a server that answers as the test says.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use super::{Client, NetError, Response};

/// Answers one connection with these bytes, after the request's head has come, and closes it.
fn answering(bytes: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/file", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (mut peer, _) = listener.accept().unwrap();
        let mut head = [0; 4096];
        let _ = peer.read(&mut head);
        let _ = peer.write_all(bytes);
    });
    url
}

fn client() -> Client {
    Client::new(Duration::from_secs(5))
}

#[test]
fn a_file_comes_whole_and_an_absent_one_is_none() {
    let url = answering(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
    assert_eq!(client().get(&url, 5), Ok(Some(b"hello".to_vec())));
    let url = answering(b"HTTP/1.1 404 Not Found\r\ncontent-length: 3\r\n\r\nno!");
    assert_eq!(client().get(&url, 5), Ok(None));
}

#[test]
fn an_answer_that_is_longer_than_the_file_can_be_is_refused() {
    for sent in [
        b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nhello!".as_slice(),
        b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello!",
    ] {
        let url = answering(sent);
        assert_eq!(client().get(&url, 5), Err(NetError::TooLong { url, most: 5 }));
    }
}

#[test]
fn an_answer_that_breaks_off_is_no_file() {
    let url = answering(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhello");
    assert!(matches!(client().get(&url, 100), Err(NetError::CutOff { .. })));
}

#[test]
fn redirects_and_other_statuses_are_told_and_not_followed() {
    let url =
        answering(b"HTTP/1.1 302 Found\r\nlocation: http://elsewhere.example/\r\ncontent-length: 0\r\n\r\n");
    let to = Some("http://elsewhere.example/".to_owned());
    assert_eq!(client().get(&url, 5), Err(NetError::Redirect { url, to }));
    let url = answering(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n");
    assert_eq!(client().get(&url, 5), Err(NetError::Status { url, status: 503 }));
}

#[test]
fn what_a_server_says_of_another_status_is_told() {
    let url = answering(
        b"HTTP/1.1 503 Busy\r\nretry-after: 7\r\ncontent-length: 34\r\n\r\n{\"type\":\"x\",\"detail\":\"Too\\nmany.\"}\r\n\r\n",
    );
    let error = client().get(&url, 100).unwrap_err();
    assert_eq!(error.to_string(), format!("{url} answers with the status 503: Too many.; try again in 7 s"));
    let url = answering(b"HTTP/1.1 429 Slow\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n");
    let error = client().get(&url, 100).unwrap_err();
    assert_eq!(error.to_string(), format!("{url} answers with the status 429: try again in 7 s"));
}

#[test]
fn a_post_gives_the_answer_whatever_its_status() {
    let url = answering(
        b"HTTP/1.1 409 Conflict\r\ncontent-type: text/x.tlog.size\r\ncontent-length: 3\r\n\r\n42\n",
    );
    let content_type = Some("text/x.tlog.size".to_owned());
    let expected = Response { status: 409, content_type, retry_after: None, body: b"42\n".to_vec() };
    assert_eq!(client().post(&url, "application/octet-stream", b"old 0\n", 100), Ok(expected));
}

#[test]
fn nobody_there_and_no_address_say_what_to_do() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    assert!(matches!(client().get(&url, 5), Err(NetError::Unreachable { .. })));
    for url in ["ftp://log.example/", "log.example", "http://", "https:///checkpoint", ""] {
        assert_eq!(client().get(url, 5), Err(NetError::Address { url: url.to_owned() }));
    }
}

#[test]
fn who_falls_silent_in_an_answer_is_given_up_long_before_the_answer_could_be_whole() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (mut peer, _) = listener.accept().unwrap();
        let mut head = [0; 4096];
        let _ = peer.read(&mut head);
        let _ = peer.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\nhello");
        // Until the client has gone, which is what is asked; else this side ends it, and it broke off.
        peer.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let _ = peer.read(&mut head);
    });
    let patient = Client::bounded(Duration::from_secs(3600), Duration::from_millis(200));
    let error = patient.get(&url, 1_000_000).unwrap_err().to_string();
    assert!(error.contains("timeout"), "{error}");
}

#[test]
fn who_never_answers_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let answer = Client::new(Duration::from_millis(200)).get(&url, 5);
    assert!(matches!(answer, Err(NetError::Unreachable { .. })));
}
