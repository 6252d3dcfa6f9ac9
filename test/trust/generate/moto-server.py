"""moto's server with the one IAM operation it lacks (moto 5.2): AddClientIDToOpenIDConnectProvider.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddClientIDToOpenIDConnectProvider.html
"""

import sys

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

main(["-H", "127.0.0.1", "-p", sys.argv[1]])
