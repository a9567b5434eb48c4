//! A service that does what tests want to see of a cell.

use std::time::Duration;

use cell::Items;

/// Waits, panics, and calls the next of its kind.
#[cell::service]
#[derive(Default)]
pub struct Probe {
    /// Whom [`Probe::chain`] goes on to.
    pub next: Option<ProbeClient>,
}

#[cell::handler]
impl Probe {
    /// Answers after so many milliseconds.
    pub async fn wait(&self, milliseconds: u64) -> u64 {
        if milliseconds > 0 {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        }
        milliseconds
    }

    /// Panics, at once or after a while.
    pub async fn fail(&self, later: bool) -> u64 {
        if later {
            tokio::task::yield_now().await;
        }
        panic!("on purpose")
    }

    /// The `traceparent` of this call, and those of the calls that follow from it.
    pub async fn chain(&self) -> Vec<String> {
        let parent = || cell::trace::current().map_or_else(String::new, |it| it.parent());
        let mut all = vec![parent()];
        tokio::task::yield_now().await;
        if let Some(next) = &self.next {
            all.extend(next.chain().await.unwrap_or_default());
        }
        // Still the same after others were polled.
        assert_eq!(all[0], parent());
        all
    }

    /// Numbers, and no end of them.
    pub async fn numbers(&self, items: Items<u64>) -> Result<(), cell::Fault> {
        for number in 0.. {
            items.send(number).await?;
        }
        Ok(())
    }

    /// May be asked while programs compile.
    #[compile_time]
    pub async fn kinds(&self) -> Vec<String> {
        vec!["probe".to_owned()]
    }
}
