# Runs one command of the helper. Its parameters are in the variables AWS_OIDC_ORB_*.

helper=$root/versions/$release/circleci-aws-oidc
if [ ! -x "$helper" ]; then
  case $AWS_OIDC_ORB_COMMAND in
    cleanup)
      echo "Nothing to remove: no step of this job installed the helper of this orb."
      exit 0
      ;;
    whoami) or= ;;
    *) or='leave "install" at true, or ' ;;
  esac
  fail 6 "The helper of this orb is not in $root/versions/$release." \
    "Next: ${or}use the orb's command install in an earlier step."
fi
exec "$helper" "$AWS_OIDC_ORB_COMMAND"
