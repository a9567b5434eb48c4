//! A cell that counts, and a client of it.

use std::sync::atomic::{AtomicU64, Ordering};

/// Why nothing is counted.
#[cell::protein]
#[derive(Debug, PartialEq)]
enum Refused {
    /// It would be too much.
    Above(u64),
}

#[cell::service]
#[derive(Default)]
struct Counter {
    count: AtomicU64,
}

#[cell::handler]
impl Counter {
    /// Adds, and returns the sum.
    async fn add(&self, number: u64) -> Result<u64, Refused> {
        if number > 100 {
            return Err(Refused::Above(100));
        }
        Ok(self.count.fetch_add(number, Ordering::SeqCst) + number)
    }

    /// Counts to a number, one item after the other.
    async fn up_to(&self, number: u64, items: cell::Items<u64>) -> Result<(), cell::Fault> {
        for item in 1..=number {
            items.send(item).await?;
        }
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Alone in its process it would be `Counter::default().serve("counter").await`.
    let name = format!("counter-{}", std::process::id());
    let cell = cell::Builder::new(&name).with(Counter::default()).start()?;

    let counter = CounterClient::of(&name)?;
    assert_eq!(counter.add(3).await, Ok(3));
    assert_eq!(counter.add(4).await, Ok(7));
    assert_eq!(counter.add(101).await, Err(cell::CallError::Remote(Refused::Above(100))));

    let mut numbers = counter.up_to(3).await?;
    let mut all = Vec::new();
    while let Some(number) = numbers.next().await {
        all.push(number?);
    }
    assert_eq!(all, [1, 2, 3]);

    assert!(cell.stop().await, "it had nothing left to do");
    Ok(())
}

#[test]
fn runs() {
    main().expect("it runs");
}
