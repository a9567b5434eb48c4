//! Asking until there is an answer.

use std::future::Future;
use std::time::{Duration, Instant};

use cell::{CallError, Fault};
use tokio::time::{sleep, timeout};

/// How long an answer may take before it is asked for again.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long anybody believes in an answer.
const GIVE_UP: Duration = Duration::from_secs(60);
const FIRST: Duration = Duration::from_millis(5);
const LONGEST: Duration = Duration::from_millis(200);

/// Tries until the cell answers, or refuses for good. `later` says of a refusal that it may not be
/// one a little later.
pub(crate) async fn again<T, E, F>(
    attempt: impl Fn() -> F,
    later: impl Fn(&E) -> bool,
) -> Result<Result<T, E>, String>
where
    F: Future<Output = Result<T, CallError<E>>>,
    E: std::fmt::Debug,
{
    let (begun, mut pause) = (Instant::now(), FIRST);
    loop {
        let why = match timeout(PATIENCE, attempt()).await {
            Ok(Ok(value)) => return Ok(Ok(value)),
            Ok(Err(CallError::Remote(refused))) if !later(&refused) => return Ok(Err(refused)),
            Ok(Err(CallError::Remote(refused))) => format!("{refused:?}"),
            Ok(Err(CallError::Fault(fault))) if !fault.code.is_transient() => {
                return Err(fault.to_string());
            }
            Ok(Err(CallError::Fault(fault))) => fault.to_string(),
            Err(_) => format!("no answer in {} ms", PATIENCE.as_millis()),
        };
        if begun.elapsed() > GIVE_UP {
            return Err(why);
        }
        sleep(pause.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
        pause = (pause * 2).min(LONGEST);
    }
}

/// As [`again`], for what cannot be refused.
pub(crate) async fn answered<T, F>(attempt: impl Fn() -> F) -> Result<T, String>
where
    F: Future<Output = Result<T, Fault>>,
{
    let attempt = async || attempt().await.map_err(CallError::Fault);
    match again(attempt, |(): &()| false).await? {
        Ok(value) => Ok(value),
        Err(()) => Err("refused".to_owned()),
    }
}
