// Renders a task of a content pack the way dr-provision does: with text/template, one namespace of templates, missing
// map keys as errors, and a machine's params behind .Param. Reads one JSON request on standard input, writes the
// rendered templates as a JSON list.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"text/template"
)

type templateInfo struct {
	Name, ID, Contents, Path string
}

type request struct {
	Templates map[string]string
	Task      []templateInfo
	Params    map[string]interface{}
	Machine   machine
}

type machine struct {
	Name, Uuid, Address string
}

func (m machine) UUID() string { return m.Uuid }

type renderData struct {
	Machine machine
	params  map[string]interface{}
	funcs   template.FuncMap
}

func (r *renderData) Param(name string) (interface{}, error) {
	if value, ok := r.params[name]; ok {
		return value, nil
	}
	return nil, fmt.Errorf("No such machine parameter %s", name)
}

func (r *renderData) ParamExists(name string) bool {
	_, ok := r.params[name]
	return ok
}

func (r *renderData) ParamAsJSON(name string) (string, error) {
	value, err := r.Param(name)
	if err != nil {
		return "", err
	}
	text := &bytes.Buffer{}
	err = json.NewEncoder(text).Encode(value)
	return text.String(), err
}

func (r *renderData) ParamExpand(name string) (interface{}, error) {
	value, err := r.Param(name)
	if err != nil {
		return nil, err
	}
	text, ok := value.(string)
	if !ok {
		return value, nil
	}
	parsed, err := template.New("param").Funcs(r.funcs).Option("missingkey=error").Parse(text)
	if err != nil {
		return nil, err
	}
	result := &bytes.Buffer{}
	err = parsed.Execute(result, r)
	return result.String(), err
}

func main() {
	var asked request
	check(json.NewDecoder(os.Stdin).Decode(&asked))
	// Of the functions that the server offers (sprig's), those that the packs use.
	funcs := template.FuncMap{"list": func(items ...interface{}) []interface{} { return items }}
	root := template.New("").Funcs(funcs).Option("missingkey=error")
	for id, contents := range asked.Templates {
		_, err := root.Parse(fmt.Sprintf("{{define %q}}%s{{end}}", id, contents))
		check(err)
	}
	data := &renderData{Machine: asked.Machine, params: asked.Params, funcs: funcs}
	rendered := []templateInfo{}
	for _, info := range asked.Task {
		target := root.Lookup(info.ID)
		if info.ID == "" {
			copied, err := root.Clone()
			check(err)
			target, err = copied.New(info.Name).Parse(info.Contents)
			check(err)
		}
		if target == nil {
			check(fmt.Errorf("there is no template %s", info.ID))
		}
		contents := &bytes.Buffer{}
		check(target.Execute(contents, data))
		rendered = append(rendered, templateInfo{Name: info.Name, Path: info.Path, Contents: contents.String()})
	}
	check(json.NewEncoder(os.Stdout).Encode(rendered))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
