// Formats HCL from stdin to stdout as `terraform fmt` does, and fails where HCL can't be parsed.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

func main() {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if _, problems := hclsyntax.ParseConfig(text, "stdin", hcl.InitialPos); problems.HasErrors() {
		fmt.Fprintln(os.Stderr, problems)
		os.Exit(1)
	}
	os.Stdout.Write(hclwrite.Format(text))
}
