"""What the pages call things, for people who have not read the manual."""

DEVICES = {
    "simulated_wisepos_e": "WisePOS E",
    "simulated_stripe_s700": "S700",
    "simulated_stripe_s710": "S710",
}
