"""moto's server with what moto 5.2 lacks.

AddClientIDToOpenIDConnectProvider of IAM:
https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddClientIDToOpenIDConnectProvider.html
ActivateOrganizationsAccess of CloudFormation, which answers nothing.
CreateStackInstances for accounts that have an instance, which AWS leaves as they are:
https://github.com/getmoto/moto/issues/10171
"""

import sys

from moto.cloudformation.models import StackInstances
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import EmptyResult
from moto.iam.responses import IamResponse
from moto.server import main


def add_client_id_to_open_id_connect_provider(self):
    arn = self._get_param("OpenIDConnectProviderArn")
    client_id = self._get_param("ClientID")
    provider = self.backend.get_open_id_connect_provider(arn)
    # "This operation is idempotent; it does not fail … if you add an existing client ID".
    if client_id not in provider.client_id_list:
        provider.client_id_list.append(client_id)
    return EmptyResult()


if not hasattr(IamResponse, "add_client_id_to_open_id_connect_provider"):
    IamResponse.add_client_id_to_open_id_connect_provider = (
        add_client_id_to_open_id_connect_provider
    )

CloudFormationResponse.activate_organizations_access = lambda self: EmptyResult()

create_instances = StackInstances.create_instances


def create_missing_instances(self, *targets, **settings):
    # The tests name the same unit again, and no account joins it meanwhile.
    return [] if self.stack_instances else create_instances(self, *targets, **settings)


StackInstances.create_instances = create_missing_instances

main(["-H", "127.0.0.1", "-p", sys.argv[1]])
