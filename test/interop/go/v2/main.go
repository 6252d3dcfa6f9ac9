// Prints the caller identity and region that the AWS SDK for Go v2 finds: go-v2-identity [PROFILE]
// With CALLS in the environment it asks as often with one client, PAUSE seconds apart.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func main() {
	ctx := context.Background()
	options := []func(*config.LoadOptions) error{config.WithDefaultRegion("us-east-1")}
	if len(os.Args) > 1 {
		options = append(options, config.WithSharedConfigProfile(os.Args[1]))
	}
	found, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		log.Fatal(err)
	}
	client := sts.NewFromConfig(found)
	calls, _ := strconv.Atoi(os.Getenv("CALLS"))
	pause, _ := strconv.ParseFloat(os.Getenv("PAUSE"), 64)
	for call := 0; ; call++ {
		answer, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		if err != nil {
			log.Fatal(err)
		}
		if call+1 >= calls {
			printed := map[string]any{"Arn": answer.Arn, "Account": answer.Account, "region": found.Region}
			if err := json.NewEncoder(os.Stdout).Encode(printed); err != nil {
				log.Fatal(err)
			}
			return
		}
		time.Sleep(time.Duration(pause * float64(time.Second)))
	}
}
