// Goes through the steps of interop.ts with nexus's client and prints a line of JSON for each: [step, failure or null]. Its argument is a Run.
package main

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"reflect"
	"time"

	"github.com/gammazero/nexus/v3/client"
	"github.com/gammazero/nexus/v3/transport/serialize"
	"github.com/gammazero/nexus/v3/wamp"
	"github.com/gammazero/nexus/v3/wamp/crsign"
)

const prefix = "com.interop."

type run struct {
	Url, Realm, Serializer, Method, Authid string
	Secrets                                map[string]string
}

func main() {
	var given run
	if err := json.Unmarshal([]byte(os.Args[1]), &given); err != nil {
		tell("arguments", err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	session, err := client.ConnectNet(ctx, given.Url, configOf(given))
	if err != nil {
		tell("connect", err)
		return
	}
	defer session.Close()
	for _, step := range []struct {
		name string
		take func(context.Context, *client.Client, run) error
	}{
		{"login", login}, {"call", call}, {"be called", beCalled}, {"publish", publish},
		{"subscribe", subscribe}, {"progressive results", progress}, {"cancel", cancelCall},
	} {
		tell(step.name, step.take(ctx, session, given))
	}
}

func tell(step string, failure error) {
	line := []any{step, nil}
	if failure != nil {
		line[1] = failure.Error()
	}
	text, _ := json.Marshal(line)
	fmt.Println(string(text))
}

func configOf(given run) client.Config {
	serializers := map[string]serialize.Serialization{"json": client.JSON, "msgpack": client.MSGPACK, "cbor": client.CBOR}
	hello := wamp.Dict{"authid": given.Authid}
	var handler client.AuthFunc
	switch given.Method {
	case "ticket":
		handler = func(*wamp.Challenge) (string, wamp.Dict) { return given.Secrets["ticket"], wamp.Dict{} }
	case "wampcra":
		handler = func(challenge *wamp.Challenge) (string, wamp.Dict) {
			return crsign.RespondChallenge(given.Secrets["secret"], challenge, nil), wamp.Dict{}
		}
	case "cryptosign":
		seed, _ := hex.DecodeString(given.Secrets["privkey"])
		key := ed25519.NewKeyFromSeed(seed)
		hello["authextra"] = wamp.Dict{"pubkey": hex.EncodeToString(key.Public().(ed25519.PublicKey))}
		handler = func(challenge *wamp.Challenge) (string, wamp.Dict) {
			text, _ := wamp.AsString(challenge.Extra["challenge"])
			message, _ := hex.DecodeString(text)
			return hex.EncodeToString(ed25519.Sign(key, message)) + text, wamp.Dict{}
		}
	}
	return client.Config{
		Realm:         given.Realm,
		HelloDetails:  hello,
		AuthHandlers:  map[string]client.AuthFunc{given.Method: handler},
		Serialization: serializers[given.Serializer],
		Logger:        log.New(io.Discard, "", 0),
	}
}

func expect(got, wanted any) error {
	if gotText, wantedText := asJson(got), asJson(wanted); !reflect.DeepEqual(gotText, wantedText) {
		return fmt.Errorf("expected %s, got %s", wantedText, gotText)
	}
	return nil
}

func asJson(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func first(args wamp.List) any {
	if len(args) == 0 {
		return nil
	}
	return args[0]
}

// Calls and returns the first argument of the result.
func ask(ctx context.Context, session *client.Client, procedure string, args ...any) (any, error) {
	result, err := session.Call(ctx, prefix+procedure, nil, args, nil, nil)
	if err != nil {
		return nil, err
	}
	return first(result.Arguments), nil
}

func expectOf(ctx context.Context, session *client.Client, wanted any, procedure string, args ...any) error {
	got, err := ask(ctx, session, procedure, args...)
	if err != nil {
		return err
	}
	return expect(got, wanted)
}

func login(_ context.Context, session *client.Client, given run) error {
	details := session.RealmDetails()
	return expect([]any{details["authid"], details["authmethod"]}, []any{given.Authid, given.Method})
}

func call(ctx context.Context, session *client.Client, _ run) error {
	values := wamp.List{1, -2, 1 << 40, 1.5, "zwei ü", true, nil, wamp.List{1, wamp.List{2}}}
	return expectOf(ctx, session, values, "echo", values)
}

func beCalled(ctx context.Context, session *client.Client, _ run) error {
	add := func(_ context.Context, invocation *wamp.Invocation) client.InvokeResult {
		a, _ := wamp.AsInt64(invocation.Arguments[0])
		b, _ := wamp.AsInt64(invocation.Arguments[1])
		return client.InvokeResult{Args: wamp.List{a + b}}
	}
	if err := session.Register(prefix+"foreign.add", add, nil); err != nil {
		return err
	}
	return expectOf(ctx, session, 42, "call_back", 2, 40)
}

func publish(ctx context.Context, session *client.Client, _ run) error {
	options := wamp.Dict{wamp.OptAcknowledge: true}
	if err := session.Publish(prefix+"news", options, wamp.List{"from abroad"}, nil); err != nil {
		return err
	}
	return expectOf(ctx, session, "from abroad", "heard")
}

func subscribe(ctx context.Context, session *client.Client, _ run) error {
	heard := make(chan any, 1)
	if err := session.Subscribe(prefix+"replies", func(event *wamp.Event) { heard <- first(event.Arguments) }, nil); err != nil {
		return err
	}
	if _, err := ask(ctx, session, "say", "hello"); err != nil {
		return err
	}
	select {
	case got := <-heard:
		return expect(got, "hello")
	case <-time.After(10 * time.Second):
		return fmt.Errorf("no event came")
	}
}

func progress(ctx context.Context, session *client.Client, _ run) error {
	left := wamp.List{}
	onProgress := func(result *wamp.Result) { left = append(left, first(result.Arguments)) }
	result, err := session.Call(ctx, prefix+"count", nil, wamp.List{3}, nil, onProgress)
	if err != nil {
		return err
	}
	return expect([]any{left, first(result.Arguments)}, []any{[]any{3, 2, 1}, "done"})
}

func cancelCall(ctx context.Context, session *client.Client, _ run) error {
	calling, cancel := context.WithCancel(ctx)
	defer cancel()
	failure := make(chan error, 1)
	go func() {
		_, err := session.Call(calling, prefix+"never", nil, nil, nil, nil)
		failure <- err
	}()
	if _, err := ask(ctx, session, "started"); err != nil {
		return err
	}
	cancel()
	if err := <-failure; err == nil {
		return fmt.Errorf("the call was answered")
	}
	return expectOf(ctx, session, true, "was_canceled")
}
