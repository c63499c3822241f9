//! What an attacker writes: Forward Requests, sound or not, and data packets.

use super::response::{length, string};

/// A Forward Request in the making. It is written as told, sound or not.
#[derive(Clone, Debug)]
pub struct Composed {
    method: u8,
    uri: Vec<u8>,
    headers: Vec<(Vec<u8>, Vec<u8>)>,
    attributes: Vec<u8>,
}

impl Composed {
    /// A request with this method code for this path, from an address that no client has.
    pub fn new(method: u8, uri: &[u8]) -> Self {
        Self { method, uri: uri.to_vec(), headers: Vec::new(), attributes: Vec::new() }
    }

    /// With a header more, its name spelled out.
    pub fn header(mut self, name: &str, value: &[u8]) -> Self {
        self.headers.push((name.as_bytes().to_vec(), value.to_vec()));
        self
    }

    /// With a request attribute more.
    pub fn attribute(mut self, name: &str, value: &[u8]) -> Self {
        self.attributes.push(0x0a);
        string(&mut self.attributes, name.as_bytes());
        string(&mut self.attributes, value);
        self
    }

    /// With the attribute that says who the user is.
    pub fn remote_user(mut self, user: &[u8]) -> Self {
        self.attributes.push(0x03);
        string(&mut self.attributes, user);
        self
    }

    /// With this secret.
    pub fn secret(mut self, secret: &[u8]) -> Self {
        self.attributes.push(0x0c);
        string(&mut self.attributes, secret);
        self
    }

    /// What the packet holds.
    pub fn payload(&self) -> Vec<u8> {
        let mut out = vec![2, self.method];
        string(&mut out, b"HTTP/1.1");
        string(&mut out, &self.uri);
        string(&mut out, b"203.0.113.66");
        out.extend_from_slice(&[0xff, 0xff]);
        string(&mut out, b"www.test");
        out.extend_from_slice(&443_u16.to_be_bytes());
        out.push(1);
        out.extend_from_slice(&length(self.headers.len()));
        for (name, value) in &self.headers {
            string(&mut out, name);
            string(&mut out, value);
        }
        out.extend_from_slice(&self.attributes);
        out.push(0xff);
        out
    }

    /// The packet.
    pub fn packet(&self) -> Vec<u8> {
        packet(&self.payload())
    }

    /// Content of a request which, in one data packet, reads as this request: the length of the
    /// content, 512 and the method, is its beginning. A header fills it up.
    ///
    /// # Panics
    /// When the request is too long for that.
    pub fn as_content(&self) -> Vec<u8> {
        let wanted = 512 + usize::from(self.method);
        let padded = |n: usize| self.clone().header("x-fill", &vec![b'x'; n]).payload();
        let fill = (wanted + 2).checked_sub(padded(0).len()).expect("a short request");
        padded(fill)[2..].to_vec()
    }
}

/// A data packet with this content.
pub fn data_packet(content: &[u8]) -> Vec<u8> {
    let mut payload = length(content.len()).to_vec();
    payload.extend_from_slice(content);
    packet(&payload)
}

fn packet(payload: &[u8]) -> Vec<u8> {
    let mut out = vec![0x12, 0x34];
    out.extend_from_slice(&length(payload.len()));
    out.extend_from_slice(payload);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ajp::ForwardRequest;

    #[test]
    fn content_reads_as_a_request_once_its_length_stands_before_it() {
        let forged = Composed::new(2, b"/hidden.jsp").remote_user(b"root");
        let packet = data_packet(&forged.as_content());
        let request = ForwardRequest::decode(&packet[4..]).unwrap();
        assert_eq!((request.uri.as_str(), request.method().as_str()), ("/hidden.jsp", "GET"));
        assert_eq!(request.attribute("remote_user"), Some("root"));
    }
}
