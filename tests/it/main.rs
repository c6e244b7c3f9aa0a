mod recognition;
