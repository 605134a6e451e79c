// A registry in memory that lists referrers (OCI distribution-spec 1.1), for the tests only: ggcr-registry HOST:PORT.
package main

import (
	"log"
	"net/http"
	"os"

	"github.com/google/go-containerregistry/pkg/registry"
)

func main() {
	log.Fatal(http.ListenAndServe(os.Args[1], registry.New(registry.WithReferrersSupport(true))))
}
