//# a macro that there is not, at the call
#[Twin::plant(unknown_macro, call)]
pub struct Item;
//# a macro that there is not, at a token
#[Twin::plant(unknown_macro, here(there))]
pub struct Item;
//# an attribute that there is not
#[Twin::plant(unknown_attribute, name)]
pub struct Item;
