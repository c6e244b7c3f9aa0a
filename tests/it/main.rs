mod courier;
mod peer;
