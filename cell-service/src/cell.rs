//! What a cell does with connections and calls.

use std::collections::BTreeMap;
use std::sync::Arc;

use cell_model::frame::Format;
use cell_model::hello::{Formats, Hello};
use cell_model::ops::About;
use cell_model::{Channel, Code, Fault, Schema, SchemaHash, coordination, message, ops};
use cell_transport::{Answer, Call, Handler, Reply};
use tokio::sync::Notify;

use crate::component::Published;
use crate::health::Condition;
use crate::metrics::{Metrics, Numbers};
use crate::observed::{Method, Observed};

/// A cell, as its connections see it.
pub(crate) struct Cell {
    pub(crate) about: About,
    pub(crate) services: BTreeMap<&'static str, One>,
    pub(crate) macros: Option<Published>,
    pub(crate) metrics: Metrics,
    pub(crate) stop: Arc<Notify>,
    pub(crate) condition: Arc<Condition>,
}

/// One service behind a trait object.
pub(crate) struct One {
    pub(crate) schema: Schema,
    pub(crate) hash: SchemaHash,
    /// Numbers of methods that may be asked at compile time, by name.
    pub(crate) questions: BTreeMap<String, u32>,
    /// By their numbers, in order.
    pub(crate) methods: Vec<(u32, Method)>,
    /// For calls of methods that there are not.
    pub(crate) unknown: Method,
    pub(crate) call: Arc<dyn Fn(Call) -> Answer + Send + Sync>,
}

impl One {
    pub(crate) fn numbers(&self) -> impl Iterator<Item = Arc<Numbers>> {
        let known = self.methods.iter().map(|(_, method)| method);
        known.chain([&self.unknown]).map(|method| Arc::clone(&method.numbers))
    }

    fn answer(&self, call: Call, condition: &Condition) -> Answer {
        let place = self.methods.binary_search_by_key(&call.method, |(number, _)| *number);
        let method = place.map_or(&self.unknown, |place| &self.methods[place].1);
        let may_begin = condition.takes_calls();
        Observed::begin(method, call, |call| match may_begin {
            Ok(()) => (self.call)(call),
            Err(fault) => refused(fault),
        })
    }
}

fn refused(fault: Fault) -> Answer {
    Box::pin(async move { Err(fault) })
}

impl Handler for Cell {
    fn hello(&self, hello: &Hello) -> Result<Hello, Fault> {
        // Whoever only looks at the cell asks for no service.
        if hello.service.is_empty() {
            let formats = Formats::only(Format::MessagePack);
            return Ok(Hello { formats, schema: SchemaHash::NONE, ..hello.clone() });
        }
        let one = self.service(&hello.service)?;
        let chosen = Formats::ALL.choose(hello.formats, hello.schema == one.hash);
        let format = chosen.ok_or_else(|| Fault::incompatible(one.hash, hello.schema))?;
        Ok(Hello { formats: Formats::only(format), schema: one.hash, ..hello.clone() })
    }

    fn call(&self, service: &str, call: Call) -> Answer {
        match call.channel {
            Channel::App => match self.service(service) {
                Ok(one) => one.answer(call, &self.condition),
                Err(fault) => refused(fault),
            },
            Channel::Ops => {
                let answer = message::decode(&call.payload).and_then(|asked| self.ops(asked));
                Box::pin(async move { Ok(Reply::Value(message::encode(&answer?)?)) })
            }
            Channel::MacroCoordination => match message::decode(&call.payload) {
                Ok(asked) => self.coordinate(asked, call),
                Err(fault) => refused(fault),
            },
            Channel::Consensus => {
                refused(Fault::new(Code::UnknownMethod, "this cell has no replicas"))
            }
        }
    }
}

impl Cell {
    fn service(&self, name: &str) -> Result<&One, Fault> {
        self.services.get(name).ok_or_else(|| {
            let known: Vec<&str> = self.services.keys().copied().collect();
            let text = format!("`{}` serves {}, not `{name}`", self.about.name, known.join(", "));
            Fault::new(Code::UnknownService, text)
        })
    }

    fn ops(&self, asked: ops::Request) -> Result<ops::Reply, Fault> {
        Ok(match asked {
            ops::Request::Health => ops::Reply::Health(self.condition.health()),
            ops::Request::Inspect => ops::Reply::Inspect(self.about.clone()),
            ops::Request::Schema { service } => {
                ops::Reply::Schema(self.service(&service)?.schema.to_string())
            }
            ops::Request::Metrics => ops::Reply::Metrics(self.metrics.text()?),
            ops::Request::Stop => {
                self.stop.notify_one();
                ops::Reply::Stopping
            }
        })
    }

    fn coordinate(&self, asked: coordination::Request, call: Call) -> Answer {
        match asked {
            coordination::Request::Describe => said(Ok(self.describe())),
            coordination::Request::Component { digest, from } => {
                let nothing =
                    || Fault::new(Code::UnknownMethod, "this cell publishes no component");
                let macros = self.macros.as_ref().ok_or_else(nothing);
                said(macros.and_then(|macros| macros.piece(&digest, from)))
            }
            coordination::Request::Ask { service, method, arguments, hops } => {
                match self.question(&service, &method, hops) {
                    Ok((one, number)) => {
                        let (channel, format) = (Channel::App, Format::MessagePack);
                        let call =
                            Call { channel, method: number, format, payload: arguments, ..call };
                        let answer = one.answer(call, &self.condition);
                        Box::pin(async move {
                            let Reply::Value(bytes) = answer.await? else {
                                return Err(Fault::new(Code::Denied, "a stream is no answer"));
                            };
                            let reply = coordination::Reply::Answer(bytes);
                            Ok(Reply::Value(message::encode(&reply)?))
                        })
                    }
                    Err(fault) => refused(fault),
                }
            }
        }
    }

    fn describe(&self) -> coordination::Reply {
        let questions = self.services.iter().flat_map(|(service, one)| {
            one.questions.keys().map(move |method| format!("{service}::{method}"))
        });
        coordination::Reply::Description(coordination::Description {
            name: self.about.name.clone(),
            version: self.about.version.clone(),
            component: self.macros.as_ref().map(|macros| macros.component().clone()),
            questions: questions.collect(),
        })
    }

    /// The service and the number of a method that may be asked.
    fn question(&self, service: &str, method: &str, hops: u8) -> Result<(&One, u32), Fault> {
        coordination::next_hop(hops)?;
        let one = self.service(service)?;
        let number = one.questions.get(method).copied().ok_or_else(|| {
            let text = format!("`{service}::{method}` may not be asked at compile time");
            Fault::new(Code::Denied, text)
        })?;
        Ok((one, number))
    }
}

/// A reply that is at hand.
fn said(reply: Result<coordination::Reply, Fault>) -> Answer {
    let bytes = reply.and_then(|reply| message::encode(&reply));
    Box::pin(async move { Ok(Reply::Value(bytes?)) })
}
