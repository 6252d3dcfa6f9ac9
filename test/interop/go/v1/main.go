// Prints the caller identity and region that the AWS SDK for Go v1 finds: go-v1-identity [PROFILE]
package main

import (
	"encoding/json"
	"log"
	"os"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/endpoints"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/service/sts"
)

func main() {
	// Unlike the other readers, this one knows no AWS_ENDPOINT_URL_STS.
	resolve := func(service, region string, set ...func(*endpoints.Options)) (endpoints.ResolvedEndpoint, error) {
		if url := os.Getenv("AWS_ENDPOINT_URL_STS"); service == endpoints.StsServiceID && url != "" {
			return endpoints.ResolvedEndpoint{URL: url, SigningRegion: region}, nil
		}
		return endpoints.DefaultResolver().EndpointFor(service, region, set...)
	}
	config := aws.NewConfig().WithEndpointResolver(endpoints.ResolverFunc(resolve))
	options := session.Options{Config: *config, SharedConfigState: session.SharedConfigEnable}
	if len(os.Args) > 1 {
		options.Profile = os.Args[1]
	}
	found, err := session.NewSessionWithOptions(options)
	if err != nil {
		log.Fatal(err)
	}
	region := aws.StringValue(found.Config.Region)
	if region == "" {
		found.Config.Region = aws.String("us-east-1")
	}
	answer, err := sts.New(found).GetCallerIdentity(&sts.GetCallerIdentityInput{})
	if err != nil {
		log.Fatal(err)
	}
	printed := map[string]any{"Arn": answer.Arn, "Account": answer.Account, "region": region}
	if err := json.NewEncoder(os.Stdout).Encode(printed); err != nil {
		log.Fatal(err)
	}
}
