//! Where a device is to be found, as one screen shows it and the other reads it.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use dutybook_log::DeviceKey;

use crate::error::Error;

/// What the code that a device shows begins with.
const SCHEME: &str = "dutybook:";

/// Where a device is to be found: `dutybook:192.168.43.1:7610,10.0.0.7:7610#<key, 64 hex digits>`, or one address alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meeting {
    /// Its addresses, one for each network it is in.
    pub addresses: Vec<SocketAddr>,
    /// Its key, where it is known beforehand who will answer.
    pub device: Option<DeviceKey>,
}

impl fmt::Display for Meeting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SCHEME)?;
        for (at, address) in self.addresses.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(f, "{comma}{address}")?;
        }
        match &self.device {
            Some(device) => write!(f, "#{device}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Meeting {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = || Error::Address(text.to_owned());
        // As people type it: a Chinese keyboard gives full-width signs.
        let plain: String = text
            .trim()
            .chars()
            .map(|c| match c {
                '\u{3002}' => '.',
                // Full-width forms stand at the same distance from their plain ones.
                '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
                plain => plain,
            })
            .collect();
        let bare = plain.strip_prefix(SCHEME).or_else(|| plain.strip_prefix("http://")).unwrap_or(&plain);
        let (addresses, key) = bare.split_once('#').map_or((bare, None), |(addresses, key)| (addresses, Some(key)));
        let device = key.map(str::parse).transpose().map_err(|_| wrong())?;
        let addresses: Result<Vec<SocketAddr>, _> =
            addresses.trim_end_matches('/').split(',').map(|address| address.trim().parse()).collect();
        Ok(Self { addresses: addresses.map_err(|_| wrong())?, device })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_screen_shows_the_other_reads() {
        let shown = Meeting {
            addresses: vec!["192.168.43.1:7610".parse().unwrap(), "10.0.0.7:7610".parse().unwrap()],
            device: Some(DeviceKey([7; 32])),
        };
        assert_eq!(shown.to_string().parse::<Meeting>().unwrap(), shown);
        for typed in [
            "192.168.43.1:7610",
            " http://192.168.43.1:7610/ ",
            "192\u{3002}168.43.1\u{ff1a}7610",
            "\u{ff11}92.168.43.1:7610",
        ] {
            let read: Meeting = typed.parse().unwrap();
            assert_eq!((read.addresses, read.device), (vec![shown.addresses[0]], None), "{typed}");
        }
    }

    #[test]
    fn what_is_no_address_is_said_to_be_none() {
        for typed in ["", "192.168.43.1", "B2-PUMP", "dutybook:", "dutybook:1.2.3.4:5#ab", "值班"] {
            let error = typed.parse::<Meeting>().unwrap_err();
            assert!(error.words().zh.contains("192.168.43.1:7610"), "{typed}: {error}");
        }
    }
}
