//! The channel for those who run cells: is it well, what is it, how much does it do.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// How it is.
    Health,
    /// What it is.
    Inspect,
    /// The schema of one of its services, as text.
    Schema {
        /// The service.
        service: String,
    },
    /// Its numbers, as Prometheus reads them.
    Metrics,
    /// To take no new calls, finish those that it has, and end.
    Stop,
}

/// What it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// To [`Request::Health`].
    Health(Health),
    /// To [`Request::Inspect`].
    Inspect(About),
    /// To [`Request::Schema`]: the canonical text.
    Schema(String),
    /// To [`Request::Metrics`]: a text in the format of OpenMetrics.
    Metrics(String),
    /// To [`Request::Stop`].
    Stopping,
}

/// How a cell is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    /// It has begun, and takes no calls yet.
    Starting,
    /// It takes calls.
    Ready,
    /// It takes calls, and something it relies on is missing.
    Degraded {
        /// What is missing, for people.
        why: Vec<String>,
    },
    /// It takes no new calls any more.
    Stopping,
}

/// What a cell is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Its name, by which others find it.
    pub name: String,
    /// The version of its program.
    pub version: String,
    /// When it started: seconds since 1970.
    pub started: u64,
    /// Its process.
    pub process: u32,
    /// Hashes of the schemas, by the names of its services.
    pub services: BTreeMap<String, String>,
    /// The digest of its macros' component, if it publishes any.
    #[serde(default)]
    pub component: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{decode, encode};

    #[test]
    fn messages_come_back() {
        for request in [
            Request::Health,
            Request::Inspect,
            Request::Schema { service: "Ledger".into() },
            Request::Metrics,
            Request::Stop,
        ] {
            assert_eq!(decode(&encode(&request).unwrap()), Ok(request));
        }
        let about = About {
            name: "ledger".into(),
            version: "0.1.0".into(),
            started: 1_700_000_000,
            process: 7,
            services: BTreeMap::from([("Ledger".to_owned(), "ab".to_owned())]),
            component: None,
        };
        for reply in [
            Reply::Health(Health::Degraded { why: vec!["no database".into()] }),
            Reply::Inspect(about),
            Reply::Metrics("# EOF\n".into()),
            Reply::Stopping,
        ] {
            assert_eq!(decode(&encode(&reply).unwrap()), Ok(reply));
        }
    }

    /// What a client in another language writes by hand.
    #[test]
    fn a_question_without_content_is_a_word() {
        assert_eq!(encode(&Request::Health).unwrap(), b"\xa6health");
        assert_eq!(decode(b"\xa7metrics"), Ok(Request::Metrics));
    }
}
