# Runs one command of the helper. Its options are in the variables AWS_OIDC_*.

helper=$root/versions/$release/circleci-aws-oidc
if [ ! -x "$helper" ]; then
  fail 6 "The helper of this orb is not in $root/versions/$release." \
    "Next: leave \"install\" at true, or use the orb's command install in an earlier step."
fi
exec "$helper" "$AWS_OIDC_ORB_COMMAND"
