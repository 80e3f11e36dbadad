// Renders templates with Go's text/template and sprig's functions, as dr-provision does, so that the engine of
// lib/template can be compared with them. Reads one JSON request on standard input, writes the results as a JSON list.
// Debian: golang-go, golang-github-masterminds-sprig-dev; built with GO111MODULE=off GOPATH=/usr/share/gocode.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"text/template"

	"github.com/Masterminds/sprig"
)

type testCase struct {
	Name, Text string
	// Without it, the functions are those of Go alone.
	Sprig bool
}

type request struct {
	Cases  []testCase
	Params map[string]interface{}
}

type result struct {
	Output, Error string
}

// What templates see as dot. The tests have the same in TypeScript.
type dot struct {
	Machine *machine
	Nobody  *machine
	Index   int
	Words   []string
	params  map[string]interface{}
}

type machine struct {
	Name   string
	Params map[string]interface{}
	Tasks  []string
}

func (m *machine) Path() string { return "machines/" + m.Name }

func (m *machine) MacAddr(formats ...string) string {
	if len(formats) > 0 && formats[0] == "pxelinux" {
		return "01-52-54-00-00-00-01"
	}
	return "52:54:00:00:00:01"
}

func (d *dot) Param(name string) (interface{}, error) {
	if value, ok := d.params[name]; ok {
		return copied(value), nil
	}
	return nil, fmt.Errorf("No such machine parameter %s", name)
}

// A template that changes a map changes its own.
func copied(value interface{}) (result interface{}) {
	text, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(text, &result)
	}
	if err != nil {
		panic(err)
	}
	return result
}

func (d *dot) ParamExists(name string) bool {
	_, ok := d.params[name]
	return ok
}

func (d *dot) Repeat(count int, text string) string {
	return fmt.Sprintf("%d times %s", count, text)
}

func (d *dot) Float(value float64) string { return fmt.Sprint(value) }

func main() {
	var asked request
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	functions := template.FuncMap(sprig.GenericFuncMap())
	for _, name := range []string{"env", "expandenv", "ago", "now"} {
		delete(functions, name)
	}
	results := []result{}
	for _, one := range asked.Cases {
		results = append(results, render(one, asked.Params, functions))
	}
	if err := json.NewEncoder(os.Stdout).Encode(results); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func render(one testCase, params map[string]interface{}, functions template.FuncMap) result {
	root := template.New(one.Name).Option("missingkey=error")
	if one.Sprig {
		root = root.Funcs(functions)
	}
	parsed, err := root.Parse(one.Text)
	if err != nil {
		return result{Error: err.Error()}
	}
	data := &dot{
		Machine: &machine{Name: "m1.example.com", Params: copied(params).(map[string]interface{}), Tasks: []string{"a", "b"}},
		Index:   3,
		Words:   []string{"one", "two"},
		params:  params,
	}
	text := &bytes.Buffer{}
	err = parsed.Execute(text, data)
	if err != nil {
		return result{Output: text.String(), Error: err.Error()}
	}
	return result{Output: text.String()}
}
